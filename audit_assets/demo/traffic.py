"""What the services do: requests, tokens, vectors, epochs and jobs by day, and how many requests fail or are slow.

Every daily total is a whole number. Totals over the billed days are solved from cost and the planted unit costs; the last
whole week holds 9 % more than the first. What does not belong here: how counters are scraped (app_series.py).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audit_assets.demo import targets
from audit_assets.demo.activity import allocated_cost
from audit_assets.demo.bill import Bill
from audit_assets.demo.clock import DAYS, FIRST_WEEK, LAST_WEEK

Days = NDArray[np.int64]  # one number a day, index 0 is day 1
WEEKDAY = np.array([1.10, 1.12, 1.08, 1.06, 1.02, 0.84, 0.78])  # Monday first
E2E_BOUNDS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680)  # vLLM 0.8 on
TTFT_BOUNDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
)  # fmt: skip
SEARCH_BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5)  # no 0.25: "99 % within 250 ms" cannot be measured
FRAUD_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)


def growth() -> NDArray[np.float64]:
    """Relative traffic by day: steps up each Monday so that the last whole week is 9 % over the first, weekdays alike."""
    days = np.arange(1, DAYS + 1)
    week = (days - FIRST_WEEK.start) // 7
    steps = (LAST_WEEK.start - FIRST_WEEK.start) // 7
    relative: NDArray[np.float64] = (1 + targets.WEEKLY_USAGE_GROWTH * week / steps) * WEEKDAY[(days - FIRST_WEEK.start) % 7]
    return relative


def spread(total: float, weights: NDArray[np.float64]) -> Days:
    """`total` in whole parts proportional to `weights`; the parts add up to the rounded total."""
    edges = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    parts: Days = np.diff(edges, prepend=0)
    return parts


@dataclass(frozen=True)
class Requests:
    """Requests of a service by day: answered well, refused as the caller's fault, failed."""

    good: Days
    refused: Days
    failed: Days

    @property
    def availability(self) -> float:
        """Share of requests that did not fail, over the window."""
        total = self.good.sum() + self.refused.sum() + self.failed.sum()
        return float(1 - self.failed.sum() / total)


@dataclass(frozen=True)
class Traffic:
    """The work of an estate by day."""

    bill: Bill

    @cached_property
    def billed(self) -> NDArray[np.bool_]:
        """The days that the main cloud billed."""
        return np.array([self.bill.has_cloud_bill(day) for day in range(1, DAYS + 1)])

    def cost(self, workload: str) -> float:
        """USD allocated to a workload."""
        return sum(allocated_cost(self.bill, pod) for pod in self.bill.blueprint.pods if pod.workload == workload and pod.node)

    def _units(self, workload: str, usd_per_unit: float) -> Days:
        """Units by day that make `usd_per_unit` true over the billed days."""
        shape = growth()
        total = self.cost(workload) / usd_per_unit * shape.sum() / shape[self.billed].sum()
        return spread(total, shape)

    @cached_property
    def chat(self) -> Requests:
        """Chat completions; each has 800 prompt and 200 generated tokens."""
        tokens = sum(targets.CHAT_PROFILE)
        good = self._units("chat-llm", targets.CHAT_COST_PER_1K_TOKENS * tokens / 1000)
        return _requests(good, targets.CHAT_AVAILABILITY, self.bill.blueprint)

    @cached_property
    def search(self) -> Requests:
        """Search queries."""
        return _requests(self._units("search-query", 0.0000125), targets.SEARCH_AVAILABILITY, self.bill.blueprint)

    @cached_property
    def docs(self) -> Requests:
        """Summaries; 3,000 prompt and 400 generated tokens each. Its availability times that of search is chat's ceiling."""
        good = self._units("docs-summarise", 0.0024)
        return _requests(good, targets.CHAT_CEILING / targets.SEARCH_AVAILABILITY, self.bill.blueprint)

    @cached_property
    def fraud(self) -> Requests:
        """Payments scored. A bad feature feed on one day spends what is left of the month's error budget."""
        good = self._units("fraud-score", 0.000016)
        failed = np.rint(good * 0.0006 * _ripple(self.bill.blueprint.seed, 4, 0.12)).astype(np.int64)
        if not self.bill.blueprint.control:
            day, window = targets.BUDGET_SPENT_DAY - 1, targets.FRAUD_WINDOW_DAYS
            trailing = slice(day - window + 1, day + 1)
            budget = (1 - targets.FRAUD_OBJECTIVE) * (good[trailing].sum() * 1.004)
            failed[day] = int(1.06 * budget) - failed[day - window + 1 : day].sum()
        refused = np.rint(good * 0.003).astype(np.int64)
        return Requests(good - failed, refused, failed)

    @cached_property
    def rerank(self) -> Days:
        """Pairs of texts scored, in tokens."""
        return self._units("chat-rerank", 0.0000011)

    @cached_property
    def lookups(self) -> Days:
        """Prompt tokens of chat-embed."""
        return self._units("chat-embed", 0.0000000145)

    @cached_property
    def vectors(self) -> Days:
        """Vectors of search-embed."""
        return self._units("search-embed", targets.SEARCH_COST_PER_1M_VECTORS / 1e6)

    @cached_property
    def research_epochs(self) -> Days:
        """Epochs of research-exp."""
        return self._units("research-exp", 24.0)

    @cached_property
    def documents(self) -> Days:
        """Jobs of docs-batch."""
        return self._units("docs-batch", 4.2)

    def latency(self, service: str) -> dict[float, Days]:
        """Cumulative histogram counts by day and bound (seconds) of the answered requests of a service; inf holds them all."""
        answered = {"chat": self.chat, "search": self.search, "docs": self.docs, "fraud": self.fraud}[service].good
        return _histogram(answered, SHARES[service], self.bill.blueprint.seed)

    def first_token(self) -> dict[float, Days]:
        """Time to first token of chat, as `latency`."""
        return _histogram(self.chat.good, FIRST_TOKEN_SHARES, self.bill.blueprint.seed)


def _requests(good: Days, availability: float, blueprint: object) -> Requests:
    refused = np.rint(good * 0.006).astype(np.int64)
    total = (good.sum() + refused.sum()) * (1 - availability) / availability
    seed = getattr(blueprint, "seed", 0)
    return Requests(good, refused, spread(total, good * _ripple(seed, 7, 0.25)))


def _ripple(seed: int, stream: int, size: float) -> NDArray[np.float64]:
    """One plus noise of at most `size`, by day."""
    return 1 + size * (np.random.default_rng([seed, stream]).random(DAYS) * 2 - 1)


def _histogram(answered: Days, shares: dict[float, float], seed: int) -> dict[float, Days]:
    """Shares vary from day to day with noise that is zero over the window; the counts stay cumulative and whole."""
    noise = np.random.default_rng([seed, 11]).random(DAYS) * 2 - 1
    noise -= (noise * answered).sum() / answered.sum()
    counts: dict[float, Days] = {}
    for bound, share in shares.items():
        swing = 0.08 * share * (1 - share)  # largest in the middle, so that the order of bounds is kept
        counts[bound] = np.rint(answered * (share + swing * noise)).astype(np.int64)
    return counts | {float("inf"): answered}


def _chat_shares() -> dict[float, float]:
    """p95 lies at 612 ms by linear interpolation in the bucket (0.5, 0.8]."""
    within = targets.CHAT_SHARE_WITHIN_500_MS
    position = (targets.CHAT_P95_MS / 1000 - 0.5) / (0.8 - 0.5)
    shares = {0.3: 0.51, 0.5: within, 0.8: within + (0.95 - within) / position, 1: 0.9951, 1.5: 0.9978, 2: 0.9989, 2.5: 0.9994}
    return {bound: shares.get(bound, 1.0) for bound in E2E_BOUNDS}


SHARES = {
    "chat": _chat_shares(),
    "docs": dict(zip(E2E_BOUNDS, [0.02, 0.06, 0.17, 0.26, 0.47, 0.66, 0.79, 0.965, 0.992, 0.997, 0.999], strict=False)),
    "search": dict(zip(SEARCH_BOUNDS, [0.31, 0.74, 0.958, 0.9871, 0.9962, 0.9989, 0.9997, 0.9999], strict=True)),
    "fraud": dict(zip(FRAUD_BOUNDS, [0.38, 0.81, 0.952, 0.9894, 0.9978, 0.9995, 0.9999], strict=True)),
}
SHARES["docs"] = {bound: SHARES["docs"].get(bound, 1.0) for bound in E2E_BOUNDS}
FIRST_TOKEN_SHARES = dict(zip(TTFT_BOUNDS, [0, 0, 0, 0.01, 0.12, 0.38, 0.61, 0.76, 0.957, 0.991, 0.997, 0.999], strict=False))
FIRST_TOKEN_SHARES = {bound: FIRST_TOKEN_SHARES.get(bound, 1.0) for bound in TTFT_BOUNDS}
