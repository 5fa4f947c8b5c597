"""What both versions of OpenSLO share: names, targets, and how an objective of theirs becomes one of ours.

An objective becomes one SLO, named after its place (`<name>-0`), as Sloth does it. OpenSLO has no name or annotations for a
burn-rate alert, so these objectives have recordings and no alerts.
What does not belong here: the shape of one version.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from audit_assets.slo_rules.documents import SpecDocument
from audit_assets.slo_rules.fields import SpecName
from audit_assets.slo_rules.objectives import Objective

MODE = "cli-gen-openslo"


def _target(value: float) -> float:
    if not 0.01 <= value <= 1:
        raise ValueError(f"{value:g} is a share of 1 here; write 0.999 for 99.9 %")
    return value


Target = Annotated[float, AfterValidator(_target)]


class Metadata(BaseModel):
    """Names; labels and annotations of OpenSLO describe the object and don't become labels of series."""

    name: SpecName


@dataclass(frozen=True)
class Ratio:
    """An error ratio as a PromQL template over `{{.window}}`, and the queries it is made of, by field."""

    error_ratio: str
    queries: dict[str, str]


def good_over_total(good: str, total: str) -> Ratio:
    """The error ratio of good events over all events."""
    error_ratio = f"(\n  1 - (\n    (\n      {good}\n    )\n    /\n    (\n      {total}\n    )\n  )\n)"
    return Ratio(error_ratio, {"good": good, "total": total})


def openslo_objective(
    document: SpecDocument, index: int, service: str, name: str, percent: float, ratio: Ratio, period: timedelta | None
) -> Objective:
    """The objective at place `index` of an SLO document."""
    where = f"{document.where}: `spec.objectives[{index}]`"
    version = str(document.body["apiVersion"])
    return Objective(where, service, f"{name}-{index}", percent, ratio.error_ratio, ratio.queries, version, MODE, period=period)


def only_occurrences(method: str) -> str:
    """Refuses budgets in time slices. Raises ValueError."""
    if method != "Occurrences":
        raise ValueError(f"{method!r} cannot become burn-rate rules; only Occurrences can")
    return method


def only_rolling(rolling: bool) -> bool:
    """Refuses calendar windows. Raises ValueError."""
    if not rolling:
        raise ValueError("a calendar window cannot become rules; only rolling windows can")
    return rolling
