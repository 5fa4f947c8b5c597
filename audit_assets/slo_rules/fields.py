"""What a name, a label set and a query may look like: the checks that every kind of spec shares.

What does not belong here: the shape of a particular kind of spec.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")  # Prometheus data model, "Metric names and labels"
WINDOW = re.compile(r"\{\{ *\.window *\}\}")
OURS = {"sloth_id", "sloth_service", "sloth_slo", "sloth_window", "sloth_version", "sloth_mode", "sloth_spec", "sloth_objective"}


class Strict(BaseModel):
    """A model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_name(value: str) -> str:
    """A service or SLO name: it becomes part of group names and label values. Raises ValueError."""
    if not NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a usable name: letters, digits, '.', '_' and '-', with a letter or digit at both ends")
    return value


def check_label_names(labels: dict[str, str]) -> dict[str, str]:
    """Labels or annotations whose names Prometheus accepts. Raises ValueError."""
    for name in labels:
        if not LABEL_NAME.fullmatch(name) or name == "__name__":
            raise ValueError(f"{name!r} is not a label name: letters, digits and '_', not starting with a digit")
    return labels


def check_rule_labels(labels: dict[str, str]) -> dict[str, str]:
    """Labels of the recorded series, which must not replace those that identify the SLO. Raises ValueError."""
    taken = sorted(OURS & check_label_names(labels).keys())
    if taken:
        raise ValueError(f"{taken[0]!r} is set by the generator itself; choose another name")
    return labels


def check_query(query: str) -> str:
    """A PromQL template: it uses `{{.window}}` and no other variable. Raises ValueError."""
    if not query.strip():
        raise ValueError("the query is empty")
    if not WINDOW.search(query):
        raise ValueError("must use {{.window}} as its range, e.g. rate(requests_total[{{.window}}]): every window gets its own rule")
    if "{{" in in_window(query, "5m"):
        raise ValueError("uses a template variable other than {{.window}}; write its value into the query")
    return query


def in_window(query: str, window: str) -> str:
    """The query over one window, e.g. `5m`."""
    return WINDOW.sub(window, query)


def _none_is_empty(value: object) -> object:
    return {} if value is None else value


SpecName = Annotated[str, AfterValidator(check_name)]
AlertTexts = Annotated[dict[str, str], BeforeValidator(_none_is_empty), AfterValidator(check_label_names)]
RuleLabels = Annotated[dict[str, str], BeforeValidator(_none_is_empty), AfterValidator(check_rule_labels)]
Query = Annotated[str, AfterValidator(check_query)]
