"""truth.json: what was planted, from the same constants that planted it. Only tests read it.

facts.yaml says where an audit would find each fact; here are the expected values, a list where the query has several columns.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from audit_assets.demo import targets
from audit_assets.demo.bill import Bill
from audit_assets.demo.clock import day_date
from audit_assets.demo.traffic import Traffic

Value = float | str | bool | list[float | str | bool]
DOCUMENTS = {
    "C": "cost_model",
    "L": "cost_model",
    "R": "risk_register",
    "S": "risk_register",
    "O": "slo_proposal",
    "X": "cost_model",
    "K": "cost_model",
}
INCIDENTS_BY_MODE = {
    "data_issue": 2,
    "dependency_version_mismatch": 2,
    "driver_kernel_drift": 3,
    "model_regression": 2,
    "scheduling_failure": 4,
    "thermal_throttling": 2,
    "upstream_api_issue": 3,
    "vram_exhaustion": 5,
}


def write_truth(path: Path, bill: Bill) -> None:
    """Write truth.json. The facts of a control estate are that nothing is found."""
    expected = nothing() if bill.blueprint.control else planted(bill)
    described = yaml.safe_load(files("audit_assets.demo").joinpath("facts.yaml").read_text(encoding="utf-8"))
    facts = [_fact(identity, value, described[identity], _placeholders(bill)) for identity, value in expected.items()]
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def planted(bill: Bill) -> dict[str, Value]:
    """The expected values of the 41 facts, by id."""
    expected = _cost() | _lies(bill) | _reliability() | _weak_spots() | _objectives() | _beliefs()
    assert len(expected) == 41
    return expected


def nothing() -> dict[str, Value]:
    """What a control estate must show."""
    return {f"K{number}": 0 for number in range(1, 8)}


def _fact(identity: str, expected: Value, described: dict[str, Any], filled: dict[str, str]) -> dict[str, Any]:
    query = described["query"]
    for name, value in filled.items():
        query = query.replace(f"{{{name}}}", value)
    assert "{" not in query, f"{identity}: a placeholder is left in {query}"
    return {
        "id": identity,
        "claim": described["claim"],
        "expected": expected,
        "tolerance": described["tolerance"],
        "source_files": described["sources"],
        "mart": described["mart"],
        "query": query,
        "artifact_anchor": _anchor(identity, described["claim"]),
    }


def _anchor(identity: str, claim: str) -> str:
    """Where the fact stands in the documents; what is in scope stands in the roadmap."""
    document = "roadmap" if claim.startswith("scope.") else DOCUMENTS[identity[0]]
    return f"{document}.html#claim-{claim}" if claim else ""


def _placeholders(bill: Bill) -> dict[str, str]:
    work = Traffic(bill)
    requests = int(work.chat.good[work.billed].sum())
    return {
        "thousand_tokens": repr(requests * sum(targets.CHAT_PROFILE) / 1000),  # on billed days
        "duplicated": str(day_date(targets.DUPLICATED_BILL_DAY)),
        "missing": str(day_date(targets.MISSING_BILL_DAY)),
        "changed": str(day_date(targets.RESOLUTION_CHANGE_DAY)),
    }


def _cost() -> dict[str, Value]:
    allocated, unallocated = targets.ALLOCATED_IDLE_SHARE, targets.UNALLOCATED_IDLE_SHARE
    return {
        "C1": float(targets.TOTAL_SPEND),
        "C2": [round(allocated + unallocated, 6), allocated, unallocated],
        "C3": targets.CHAT_COST_PER_1K_TOKENS,
        "C4": targets.FRAUD_COST_PER_EPOCH,
        "C5": targets.SEARCH_COST_PER_1M_VECTORS,
        "C6": targets.FIXED_SHARE,
        "C7": [targets.WEEKLY_SPEND_GROWTH, targets.WEEKLY_USAGE_GROWTH],
        "C8": targets.UNTAGGED_SHARE,
        "C9": targets.SPOT_DISCOUNT,
        "C10": targets.RESERVATION_UTILISATION,
        "C11": [float(targets.DISALLOWED_REGION_COST), 1],
    }


def _lies(bill: Bill) -> dict[str, Value]:
    delivered_twice = sum(charge["EffectiveCost"] for charge in bill.gpu_charges(targets.DUPLICATED_BILL_DAY))
    return {
        "L1": [targets.CHAT_GPU_UTIL / 100, targets.CHAT_SM_ACTIVE],
        "L2": [targets.SATURATED_MEAN / 100, targets.SATURATED_P95 / 100],
        "L3": [targets.LOPSIDED_MEAN / 100, True],
        "L4": True,
        "L5": [2.0, 1.0],  # console over true, found over true
        "L6": [True, float(delivered_twice)],
        "L7": [True, 0],
        "L8": [True, 96.0],  # GPU-hours of a node with four GPUs
        "L9": True,
        "L10": True,
    }


def _reliability() -> dict[str, Value]:
    return {
        "R1": list(INCIDENTS_BY_MODE.values()),
        "R2": [2, "model_regression,upstream_api_issue"],
        "R3": targets.MEMORY_CROSSINGS - targets.MEMORY_ALERTS,
        "R4": [targets.VRAM_DETECTION_MINUTES, targets.REGRESSION_DETECTION_MINUTES],
        "R5": [targets.MEMORY_CROSSINGS, targets.MEMORY_ALERTS],
        "R6": ["untested", 0],
        "R7": [23, 9, 8, 6],  # all, paged, Slack only, near misses
    }


def _weak_spots() -> dict[str, Value]:
    return {
        "S1": [True] * 5,
        "S2": [1, "Job/research-exp"],
        "S3": [True] * 4,
        "S4": targets.PENDING_POD_HOURS,
        "S5": [1, True],
    }


def _objectives() -> dict[str, Value]:
    return {
        "O1": targets.CHAT_P95_MS,
        "O2": [targets.CHAT_AVAILABILITY, targets.CHAT_CEILING],
        "O3": True,
        "O4": True,
        "O5": str(day_date(targets.BUDGET_SPENT_DAY)),
    }


def _beliefs() -> dict[str, Value]:
    return {"X1": [targets.TRAINING_SHARE, "contradicted"], "X2": "untested", "X3": [1, "chat-guard", 1]}
