"""The field rules of OpenSLO v1 for Service, SLI and SLO objects, as its specification and its Go SDK state them.

https://github.com/OpenSLO/OpenSLO (README, "Object Types") and https://github.com/OpenSLO/go-sdk (pkg/openslo/v1).
"""

import re
from collections.abc import Iterator
from typing import Any

KEYS = {
    "Service": {"description"},
    "SLI": {"description", "ratioMetric", "thresholdMetric"},
    "SLO": {"description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives", "alertPolicies"},
}
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
ANNOTATION = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]+)*/)?[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")


def broken_rules(objects: list[Any]) -> list[str]:
    """What is wrong, as `<kind> <name>: <field>`; references have to be to objects of the list."""
    names = {kind: [one["metadata"]["name"] for one in objects if one["kind"] == kind] for kind in KEYS}
    problems = [f"{kind}: two of one name" for kind, found in names.items() if len(found) != len(set(found))]
    for one in objects:
        where = f"{one.get('kind')} {one['metadata'].get('name')}"
        problems += [f"{where}: {field}" for field in (*_common(one), *_of_kind(one, names))]
    return problems


def _common(one: dict[str, Any]) -> Iterator[str]:
    metadata, spec = one["metadata"], one["spec"]
    if set(one) != {"apiVersion", "kind", "metadata", "spec"} or one["apiVersion"] != "openslo/v1" or one["kind"] not in KEYS:
        yield "apiVersion, kind"
    if not DNS_LABEL.fullmatch(metadata["name"]):
        yield "metadata.name"
    if len(metadata.get("displayName", "")) > 63:
        yield "metadata.displayName"
    if not all(ANNOTATION.fullmatch(key) and isinstance(value, str) for key, value in metadata.get("annotations", {}).items()):
        yield "metadata.annotations"
    if len(spec.get("description", "")) > 1050:
        yield "spec.description"
    if set(spec) - KEYS[one["kind"]]:
        yield "spec: unknown key"


def _of_kind(one: dict[str, Any], names: dict[str, list[str]]) -> Iterator[str]:
    if one["kind"] == "SLI":
        yield from _sli(one["spec"])
    if one["kind"] == "SLO":
        yield from _slo(one["spec"], names)


def _sli(spec: dict[str, Any]) -> Iterator[str]:
    ratio = spec.get("ratioMetric")
    if (ratio is None) == ("thresholdMetric" not in spec):
        yield "spec: exactly one of ratioMetric and thresholdMetric"
        return
    if set(ratio) not in ({"counter", "good", "total"}, {"counter", "bad", "total"}):
        yield "spec.ratioMetric"
    for part in set(ratio) - {"counter"}:
        source = ratio[part]["metricSource"]
        if not source.get("type") or not source.get("spec", {}).get("query"):
            yield f"spec.ratioMetric.{part}.metricSource"


def _slo(spec: dict[str, Any], names: dict[str, list[str]]) -> Iterator[str]:
    if spec["service"] not in names["Service"]:
        yield "spec.service"
    if ("indicator" in spec) == ("indicatorRef" in spec) or spec["indicatorRef"] not in names["SLI"]:
        yield "spec.indicatorRef"
    windows = spec["timeWindow"]
    if len(windows) != 1 or not re.fullmatch(r"[1-9][0-9]*[mhdwMQY]", windows[0]["duration"]):
        yield "spec.timeWindow"
    elif windows[0]["isRolling"] == ("calendar" in windows[0]):
        yield "spec.timeWindow[0].calendar"
    if spec["budgetingMethod"] not in ("Occurrences", "Timeslices", "RatioTimeslices"):
        yield "spec.budgetingMethod"
    for objective in spec["objectives"] or [{}]:
        if set(objective) - {"displayName", "target"} or not 0 <= objective.get("target", -1) < 1:
            yield "spec.objectives"
