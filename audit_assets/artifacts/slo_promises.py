"""What the marts say about each service's objectives: which can be measured from tomorrow on, and what is missing for the others.

What does not belong here: the formats of files.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from audit_assets.artifacts.facts import Facts

LONGEST_NAME = 63  # a DNS label, which OpenSLO's metadata.name has to be
QUERY = """
    select queries.*, proposals.consumer, proposals.objective, proposals.threshold, proposals.window_days, proposals.status,
           proposals.declared_objective, proposals.declared_threshold
    from fct_slo_queries as queries
    inner join fct_slo_proposal as proposals on queries.service = proposals.service and queries.sli = proposals.sli
    order by queries.service, queries.sli
"""


@dataclass(frozen=True)
class Promise:
    """An objective that can be measured. `objective` is a share; `good_series` and `total_series` are counters; queries are per second."""

    service: str
    sli: str
    objective: float
    threshold_ms: float | None
    window_days: int
    consumer: str | None
    status: str
    metric: str
    clusters: tuple[str, ...]
    good_series: str
    total_series: str
    error_query: str
    total_query: str
    claim_id: str
    is_the_declared: bool

    @property
    def name(self) -> str:
        """What it is called in specs: `availability` or `latency-within-800ms`."""
        return self.measured_sli.replace("_", "-").replace(".", "-")

    @property
    def measured_sli(self) -> str:
        """The SLI that counts it: a latency is a share within its threshold."""
        return self.sli if self.threshold_ms is None else f"latency_within_{self.threshold_ms:.15g}ms"

    @property
    def percent(self) -> float:
        """The objective in percent."""
        return round(self.objective * 100, 10)

    @property
    def period(self) -> str:
        """The trailing window as Prometheus writes it."""
        return f"{self.window_days}d"

    @property
    def sentence(self) -> str:
        """The promise in words."""
        what = "requests succeed" if self.threshold_ms is None else f"finished requests take at most {self.threshold_ms:.15g} ms"
        to = f", for {self.consumer}" if self.consumer else ""
        return f"{self.percent:.10g} % of {what} over {self.window_days} days{to}"


@dataclass(frozen=True)
class Gap:
    """An indicator without a promise that could be measured, and what is missing."""

    sli: str
    reason: str
    claim_id: str


@dataclass(frozen=True)
class ServiceSlos:
    """Everything about one service; `owner` as declared."""

    service: str
    owner: str | None
    promises: tuple[Promise, ...]
    gaps: tuple[Gap, ...]


def services(facts: Facts) -> list[ServiceSlos]:
    """Every declared service, by name."""
    by_service: dict[str, list[dict[str, object]]] = {}
    for row in facts.rows(QUERY):
        by_service.setdefault(row["service"], []).append(row)
    return [_service(service, rows) for service, rows in by_service.items()]


def dns_label(*parts: str) -> str:
    """A name as OpenSLO allows it; one that has to be changed ends in a fingerprint, so that no two become one."""
    whole = "-".join(parts)
    label = re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")
    if label == whole and len(label) <= LONGEST_NAME:
        return label
    return f"{label[: LONGEST_NAME - 9].strip('-')}-{sha256(whole.encode()).hexdigest()[:8]}"


def _service(service: str, rows: list[dict[str, object]]) -> ServiceSlos:
    return ServiceSlos(
        service,
        next((str(row["service_owner"]) for row in rows if row["service_owner"]), None),
        tuple(_promise(row) for row in rows if row["reason"] is None),
        tuple(Gap(str(row["sli"]), str(row["reason"]), str(row["claim_id"])) for row in rows if row["reason"] is not None),
    )


def _promise(row: dict[str, object]) -> Promise:
    threshold = row["threshold"]
    taken = ("service", "sli", "objective", "window_days", "consumer", "status", "metric", "good_series", "total_series")
    return Promise(
        **{name: row[name] for name in (*taken, "error_query", "total_query", "claim_id")},  # type: ignore[arg-type]
        threshold_ms=None if threshold is None else float(str(threshold)),
        clusters=tuple(row["clusters"]),  # type: ignore[arg-type]
        is_the_declared=(row["declared_objective"], row["declared_threshold"]) == (row["objective"], threshold),
    )
