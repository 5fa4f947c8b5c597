"""The generator's own check, before anything is written: the planted totals follow from what is about to be written.

It works on the plan (who holds what, what is charged, what is done on each day). That the files say the same is for tests.
"""

import numpy as np

from audit_assets.demo import targets
from audit_assets.demo.activity import allocated_cost, levels
from audit_assets.demo.bill import Bill
from audit_assets.demo.blueprint import billed_epochs
from audit_assets.demo.clock import DAYS, FIRST_WEEK, LAST_WEEK
from audit_assets.demo.fleet import Node
from audit_assets.demo.traffic import Requests, Traffic

TOTAL = float(targets.TOTAL_SPEND)


def prove(bill: Bill, work: Traffic) -> None:
    """Raise AssertionError when a planted total would be missed."""
    _prove_idle(bill)
    _prove_unit_costs(work)
    _prove_trend(bill)
    _prove_objectives(work)


def _close(found: float, wanted: float, within: float, what: str) -> None:
    assert abs(found - wanted) <= within, f"{what} came out at {found}, planned {wanted}"


def _prove_idle(bill: Bill) -> None:
    measured = {node.name for node in bill.blueprint.nodes if node.exporter}
    held = [(pod, allocated_cost(bill, pod)) for pod in bill.blueprint.pods if pod.node in measured]
    known = levels(bill)
    idle = sum(cost * (1 - known[pod.workload].sm_active) for pod, cost in held)
    _close(idle / TOTAL, targets.ALLOCATED_IDLE_SHARE, 0.0005, "allocated idle share")
    billed = sum(_node_cost(bill, node) for node in bill.blueprint.nodes if node.exporter)
    _close((billed - sum(cost for _, cost in held)) / TOTAL, targets.UNALLOCATED_IDLE_SHARE, 0.0005, "unallocated share")
    training = sum(cost for pod, cost in held if pod.workload in ("fraud-train", "research-exp"))
    _close(training / TOTAL, targets.TRAINING_SHARE, 0.0005, "training share")


def _node_cost(bill: Bill, node: Node) -> float:
    days = [d for d in range(node.first_day, DAYS + 1) if node.provider != "aws" or bill.has_cloud_bill(d)]
    credit = bill.make.credit()
    credited = float(credit["EffectiveCost"]) if credit["ResourceName"] == node.name else 0.0
    return float(bill.make.hourly_price(node)) * 24 * len(days) + credited


def _prove_unit_costs(work: Traffic) -> None:
    tokens = work.chat.good[work.billed].sum() * sum(targets.CHAT_PROFILE) / 1000
    _close(work.cost("chat-llm") / tokens, targets.CHAT_COST_PER_1K_TOKENS, 1e-7, "cost of 1K tokens")
    vectors = work.vectors[work.billed].sum() / 1e6
    _close(work.cost("search-embed") / vectors, targets.SEARCH_COST_PER_1M_VECTORS, 1e-4, "cost of 1M vectors")
    _close(work.cost("fraud-train") / billed_epochs(), targets.FRAUD_COST_PER_EPOCH, 0.01, "cost of an epoch")


def _prove_trend(bill: Bill) -> None:
    first, last = (sum(_day_cost(bill, day) for day in week) for week in (FIRST_WEEK, LAST_WEEK))
    _close(last / first - 1, targets.WEEKLY_SPEND_GROWTH, 0.0005, "growth of a week's spend")


def _day_cost(bill: Bill, day: int) -> float:
    return float(sum(charge["EffectiveCost"] for charge in bill.gpu_charges(day)))


def _prove_objectives(work: Traffic) -> None:
    _close(work.chat.availability, targets.CHAT_AVAILABILITY, 1e-5, "availability of chat")
    _close(work.search.availability * work.docs.availability, targets.CHAT_CEILING, 1e-5, "ceiling of chat")
    counts = {bound: float(daily.sum()) for bound, daily in work.latency("chat").items()}
    inside = (0.95 * counts[float("inf")] - counts[0.5]) / (counts[0.8] - counts[0.5])
    _close(500 + 300 * inside, targets.CHAT_P95_MS, 0.5, "p95 of chat, ms")
    spend = _spend(work.fraud)
    first = int(np.argmax(spend >= 1)) + 1
    _close(first, targets.BUDGET_SPENT_DAY, 0, "day on which fraud's budget is spent")


def _spend(requests: Requests) -> np.ndarray:
    total = requests.good + requests.refused + requests.failed
    days = [slice(max(day - targets.FRAUD_WINDOW_DAYS + 1, 0), day + 1) for day in range(DAYS)]
    return np.array([requests.failed[d].sum() / ((1 - targets.FRAUD_OBJECTIVE) * total[d].sum()) for d in days])
