"""SLO specs for tests: one of each kind, what is changed in them, and the rules that they make."""

from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit_assets.errors import BadInput
from audit_assets.manifests.promql import check
from audit_assets.slo_rules.rules import RuleRequest, as_yaml, rule_groups

ERRORS = 'sum(rate(requests_total{code=~"5.."}[{{.window}}]))'
TOTAL = "sum(rate(requests_total[{{.window}}]))"
SLOTH: dict[str, Any] = {
    "version": "prometheus/v1",
    "service": "shop",
    "slos": [
        {
            "name": "availability",
            "objective": 99.9,
            "sli": {"events": {"error_query": ERRORS, "total_query": TOTAL}},
            "alerting": {"name": "ShopErrors"},
        }
    ],
}
ALPHA: dict[str, Any] = {
    "apiVersion": "openslo/v1alpha",
    "kind": "SLO",
    "metadata": {"name": "availability"},
    "spec": {
        "service": "shop",
        "budgetingMethod": "Occurrences",
        "timeWindows": [{"count": 30, "unit": "Day"}],
        "objectives": [
            {
                "target": 0.999,
                "ratioMetrics": {
                    "good": {"source": "prometheus", "queryType": "promql", "query": "sum(rate(good_total[{{.window}}]))"},
                    "total": {"source": "prometheus", "queryType": "promql", "query": TOTAL},
                },
            }
        ],
    },
}
V1: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "availability"},
    "spec": {
        "service": "shop",
        "budgetingMethod": "Occurrences",
        "timeWindow": [{"duration": "28d", "isRolling": True}],
        "indicator": {
            "metadata": {"name": "ratio"},
            "spec": {
                "ratioMetric": {
                    "bad": {"metricSource": {"type": "Prometheus", "spec": {"query": ERRORS}}},
                    "total": {"metricSource": {"type": "Prometheus", "spec": {"query": TOTAL}}},
                }
            },
        },
        "objectives": [{"target": 0.99}],
    },
}
WINDOWS: dict[str, Any] = {
    "apiVersion": "sloth.slok.dev/v1",
    "kind": "AlertWindows",
    "spec": {
        "sloPeriod": "14d",
        "page": {
            "quick": {"errorBudgetPercent": 2, "shortWindow": "10m", "longWindow": "2h"},
            "slow": {"errorBudgetPercent": 5, "shortWindow": "30m", "longWindow": "6h"},
        },
        "ticket": {
            "quick": {"errorBudgetPercent": 10, "shortWindow": "2h", "longWindow": "24h"},
            "slow": {"errorBudgetPercent": 10, "shortWindow": "6h", "longWindow": "72h"},
        },
    },
}
GONE = object()


def changed(spec: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The spec with one value set, or without it."""
    copy = deepcopy(spec)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = copy
    for part in parents:
        place = place[part] if isinstance(part, int) else place.setdefault(part, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return copy


def written(folder: Path, *documents: Any, name: str = "spec.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return path


def groups(*specs: Path, **switches: Any) -> list[dict[str, Any]]:
    request = RuleRequest(specs, lambda expression: check(expression).error, **switches)
    return yaml.safe_load(as_yaml(rule_groups(request)))["groups"]


def rules(*specs: Path, **switches: Any) -> list[dict[str, Any]]:
    return list(chain.from_iterable(group["rules"] for group in groups(*specs, **switches)))


def recorded(*specs: Path, **switches: Any) -> dict[str, dict[str, Any]]:
    return {rule["record"]: rule for rule in rules(*specs, **switches) if "record" in rule}


def refusal(folder: Path, *documents: Any, **switches: Any) -> str:
    with pytest.raises(BadInput) as refused:
        groups(written(folder, *documents), **switches)
    return str(refused.value)
