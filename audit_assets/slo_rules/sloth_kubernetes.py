"""Sloth's Kubernetes specs (`kind: PrometheusServiceLevel`, sloth's pkg/kubernetes/api/sloth/v1) as objectives.

They say what `prometheus/v1` specs say, with keys in camel case below `spec`. What comes out are the same plain rules: wrapping them into a
PrometheusRule object is left to whoever applies it. What does not belong here: what the fields mean (sloth.py).
"""

import re
from dataclasses import replace
from typing import Any

from audit_assets.errors import BadInput
from audit_assets.slo_rules.documents import SpecDocument
from audit_assets.slo_rules.objectives import Objective
from audit_assets.slo_rules.sloth import VERSION, sloth_objectives

API, KIND = "sloth.slok.dev/v1", "PrometheusServiceLevel"
MODE = "cli-gen-k8s"
_KEYS = {
    "errorQuery": "error_query",
    "totalQuery": "total_query",
    "errorRatioQuery": "error_ratio_query",
    "pageAlert": "page_alert",
    "ticketAlert": "ticket_alert",
    "sloPlugins": "slo_plugins",
    "overridePrevious": "override_previous",
}
_CAMEL = {snake: camel for camel, snake in _KEYS.items()}
_FREE = ("labels", "annotations", "options", "config")  # below these, keys are the user's own
_QUOTED = re.compile(r"`[^`\s]+`")


def service_level_objectives(document: SpecDocument) -> list[Objective]:
    """The objectives of a PrometheusServiceLevel in its order. Raises BadInput that names fields as they are written there."""
    spec = document.body.get("spec")
    if not isinstance(spec, dict):
        raise document.refuse("spec", "must be a mapping with `service` and `slos`")
    if "version" in spec:
        raise document.refuse("spec.version", "is not a key of a PrometheusServiceLevel; remove it")
    body = {"version": VERSION, **_snake_case(document, spec)}
    try:
        objectives = sloth_objectives(SpecDocument(f"{document.where}, spec", body))
    except BadInput as problem:
        raise BadInput(_camel_case(str(problem))) from problem
    return [replace(one, spec=API, mode=MODE, queries=_named(one.queries)) for one in objectives]


def _snake_case(document: SpecDocument, value: Any) -> Any:
    if isinstance(value, list):
        return [_snake_case(document, item) for item in value]
    if not isinstance(value, dict):
        return value
    for key in value:
        if key in _CAMEL:
            raise document.refuse(str(key), f"is a key of `{VERSION}`; a {KIND} writes it `{_CAMEL[key]}`")
    return {_KEYS.get(key, key): item if key in _FREE else _snake_case(document, item) for key, item in value.items()}


def _named(queries: dict[str, str]) -> dict[str, str]:
    return {_camel_case(f"`{name}`").strip("`"): query for name, query in queries.items()}


def _camel_case(message: str) -> str:
    """A message with the names of fields as this kind of spec writes them."""

    def renamed(quoted: re.Match[str]) -> str:
        return re.sub("|".join(_CAMEL), lambda snake: _CAMEL[snake[0]], quoted[0])

    return _QUOTED.sub(renamed, message)
