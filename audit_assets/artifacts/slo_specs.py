"""A service's promises as specs that other tools read: OpenSLO v1 objects and a Sloth spec.

OpenSLO (https://github.com/OpenSLO/OpenSLO, apiVersion openslo/v1) names counters, from which a tool makes its own ratio; Sloth
(https://sloth.dev, version prometheus/v1) names rates over a window, from which `assay slo rules` makes Prometheus rules.
What does not belong here: which promises there are, rules.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from audit_assets.artifacts.slo_promises import Promise, ServiceSlos, dns_label

LONGEST_DESCRIPTION, LONGEST_DISPLAY_NAME = 1050, 63  # OpenSLO v1, spec.description and metadata.displayName
OPENSLO_HEADER = """\
# OpenSLO v1 objects of {service}, from the claims of an audit. A draft: nobody has agreed to it yet.
# Queries are counters as they are; a tool takes their increase. For Prometheus rules use the Sloth spec beside this file.
"""
SLOTH_HEADER = """\
# Sloth spec of {service}, from the claims of an audit. A draft: nobody has agreed to it yet. Objectives hold over {period}.
# The series were seen in: {clusters}. After a change: assay slo rules <this file> --window {period} --out <rules file>
"""
DeadAlerts = Mapping[str, Mapping[str, str]]  # by claim id, then severity: why it could never fire


def openslo_text(slos: ServiceSlos) -> str:
    """The Service, and an SLI and an SLO for each promise, as one YAML document an object."""
    name = dns_label(slos.service)
    service = _openslo("Service", name, slos.service, {"description": f"{slos.service}, owned by {slos.owner or 'nobody named'}"})
    objects = [service, *(one for promise in slos.promises for one in (_openslo_sli(promise), _openslo_slo(promise, name)))]
    text = yaml.safe_dump_all(objects, sort_keys=False, width=10_000, allow_unicode=True)
    return OPENSLO_HEADER.format(service=slos.service) + text


def sloth_text(slos: ServiceSlos, dead: DeadAlerts) -> str:
    """The spec; an alert that could never fire is disabled, and a comment says why."""
    spec = {
        "version": "prometheus/v1",
        "service": sloth_service(slos.service),
        "slos": [_sloth_slo(promise, dead.get(promise.claim_id, {})) for promise in slos.promises],
    }
    clusters = sorted({" ".join(cluster.split()) for promise in slos.promises for cluster in promise.clusters})
    header = SLOTH_HEADER.format(service=slos.service, period=slos.promises[0].period, clusters=", ".join(clusters))
    for promise in slos.promises:
        header += "".join(f"# Left out of {promise.name}: {reason}.\n" for reason in dead.get(promise.claim_id, {}).values())
    return header + yaml.safe_dump(spec, sort_keys=False, width=10_000, allow_unicode=True)


def sloth_service(service: str) -> str:
    """The service's name as Sloth allows it: a letter or digit at both ends."""
    return service.rstrip("._-")


def _openslo(kind: str, name: str, display_name: str, spec: dict[str, Any], claim_id: str | None = None) -> dict[str, Any]:
    annotations = {"annotations": {"assay/claim-id": claim_id}} if claim_id else {}
    metadata = {"name": name, "displayName": display_name[:LONGEST_DISPLAY_NAME], **annotations}
    description = {"description": spec["description"][:LONGEST_DESCRIPTION]}
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": metadata, "spec": {**spec, **description}}


def _openslo_sli(promise: Promise) -> dict[str, Any]:
    def source(query: str) -> dict[str, Any]:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    ratio = {"counter": True, "good": source(promise.good_series), "total": source(promise.total_series)}
    spec = {"description": f"Read from {promise.metric}", "ratioMetric": ratio}
    return _openslo("SLI", dns_label(promise.service, promise.name), promise.measured_sli.replace("_", " "), spec, promise.claim_id)


def _openslo_slo(promise: Promise, service: str) -> dict[str, Any]:
    name = dns_label(promise.service, promise.name)
    spec = {
        "description": promise.sentence,
        "service": service,
        "indicatorRef": name,
        "timeWindow": [{"duration": promise.period, "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"displayName": f"{promise.percent:.10g} %", "target": promise.objective}],
    }
    return _openslo("SLO", name, f"{promise.service} {promise.measured_sli.replace('_', ' ')}", spec, promise.claim_id)


def _sloth_slo(promise: Promise, dead: Mapping[str, str]) -> dict[str, Any]:
    disabled = {f"{severity}_alert": {"disable": True} for severity in sorted(dead)}
    return {
        "name": promise.name,
        "objective": promise.percent,
        "description": f"{promise.sentence} (claim {promise.claim_id})",
        "sli": {"events": {"error_query": promise.error_query, "total_query": promise.total_query}},
        "alerting": {"name": _alert_name(promise), "annotations": {"claim_id": promise.claim_id}, **disabled},
    }


def _alert_name(promise: Promise) -> str:
    words = re.split(r"[^A-Za-z0-9]+", f"{promise.service} {promise.measured_sli.replace('_', ' ')}")
    return "".join(word[:1].upper() + word[1:] for word in words) + "BudgetBurn"
