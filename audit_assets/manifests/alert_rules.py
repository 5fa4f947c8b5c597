"""Alerting rules from PrometheusRule objects, their Google Cloud kin, plain rule files, and rule files inside ConfigMaps.

A rule that no Prometheus would load is kept, with the reason: a guardrail that exists and can never fire is a finding.
Recording rules guard nothing and are left out.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from audit_assets.manifests.kubernetes_objects import KubernetesObject, at, listing, mapping, scalar_text
from audit_assets.manifests.promql import check
from audit_assets.manifests.promql_comparison import NotComparedError, comparison
from audit_assets.manifests.yaml_documents import Document, read_documents

RULE_FILE = "RuleFile"  # the kind given to `groups:` in a file of its own
_KINDS = ("PrometheusRule", "Rules", "ClusterRules", "GlobalRules")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")


def rules_of_object(item: KubernetesObject) -> Iterator[dict[str, object]]:
    """The alerting rules of a Kubernetes object, in the columns of ALERT_RULES after the identity."""
    if item.kind in _KINDS:
        yield from _group_rules(item.spec("groups"))
    elif item.kind == "ConfigMap":
        for name, text in mapping(item.document.get("data")).items():
            if isinstance(text, str) and name.endswith((".yml", ".yaml", ".rules")) and "groups:" in text:
                for document in read_documents(text):
                    if isinstance(document, Document) and is_rule_file(document.value):
                        yield from _group_rules(document.value["groups"])


def is_rule_file(value: Any) -> bool:
    """Whether a document is a Prometheus rule file: `groups:` of named groups with `rules:`."""
    groups = listing(value.get("groups")) if isinstance(value, dict) and "apiVersion" not in value else []
    return any(isinstance(at(group, "rules"), list) for group in groups)


def rules_of_file(uri: str, document: Document) -> Iterator[dict[str, object]]:
    """The alerting rules of a plain rule file; it is named by the file and belongs to no namespace."""
    identity = {"kind": RULE_FILE, "namespace": None, "name": PurePosixPath(uri).name, "source_uri": f"{uri}:{document.line}"}
    for rule in _group_rules(document.value["groups"]):
        yield {**identity, **rule}


def _group_rules(groups: Any) -> Iterator[dict[str, object]]:
    for group in listing(groups):
        for rule in listing(at(group, "rules")):
            if isinstance(rule, dict) and rule.get("alert"):
                yield _rule(scalar_text(at(group, "name")) or None, rule)


def _rule(group: str | None, rule: dict[str, Any]) -> dict[str, object]:
    expression = scalar_text(rule.get("expr"))
    verdict = check(expression)
    seconds = duration_seconds(rule.get("for"))
    unreadable = f"`for: {rule.get('for')}` is not a duration" if seconds is None else None
    return {
        "rule_group": group,
        "alert": scalar_text(rule["alert"]),
        "expr": expression,
        "for_seconds": seconds,
        "severity": scalar_text(at(rule, "labels", "severity")) or None,
        "parse_error": verdict.error or unreadable,
        "metrics": list(verdict.metrics),
        **(_NOTHING_COMPARED if verdict.error else _compared(expression)),
    }


_NOTHING_COMPARED: dict[str, object] = dict.fromkeys(
    ("compared", "compared_metric", "matchers", "range_seconds", "operator", "threshold", "not_compared")
)


def _compared(expression: str) -> dict[str, object]:
    try:
        found = comparison(expression)
    except NotComparedError as reason:
        return _NOTHING_COMPARED | {"not_compared": str(reason)}
    return {
        "compared": found.quantity.kind,
        "compared_metric": found.quantity.metric,
        "matchers": list(found.quantity.matchers),
        "range_seconds": found.quantity.range_seconds,
        "operator": found.operator,
        "threshold": found.threshold,
        "not_compared": None,
    }


def duration_seconds(value: Any) -> float | None:
    """`5m`, `1h30m`, 0 or nothing as seconds; None when it is not a duration."""
    text = scalar_text(value).strip()
    if text in ("", "0"):
        return 0.0
    if not re.fullmatch(rf"({_DURATION.pattern})+", text):
        return None
    return sum(float(count) * _UNITS[unit] for count, unit in _DURATION.findall(text))
