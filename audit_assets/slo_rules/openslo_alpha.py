"""OpenSLO documents of `openslo/v1alpha`, the version that Sloth reads, as objectives.

What does not belong here: rule texts; `openslo/v1`.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from audit_assets.slo_rules.documents import SpecDocument, validated
from audit_assets.slo_rules.fields import Query, SpecName
from audit_assets.slo_rules.objectives import Objective
from audit_assets.slo_rules.openslo_common import Metadata, Target, good_over_total, only_occurrences, only_rolling, openslo_objective

V1_ALPHA = "openslo/v1alpha"


class AlphaQuery(BaseModel):
    """One query of a ratio."""

    source: str
    queryType: str
    query: Query

    @field_validator("source", "queryType")
    @classmethod
    def _prometheus(cls, value: str, info: ValidationInfo) -> str:
        known = {"source": ("prometheus", "sloth"), "queryType": ("promql",)}[info.field_name or ""]
        if value not in known:
            raise ValueError(f"{value!r} cannot become Prometheus rules; only {' or '.join(known)} can")
        return value


class AlphaRatio(BaseModel):
    """Good events over all events."""

    good: AlphaQuery
    total: AlphaQuery


class AlphaObjective(BaseModel):
    """A target and the ratio it is about."""

    ratioMetrics: AlphaRatio
    target: Target


class AlphaWindow(BaseModel):
    """A window in whole days."""

    count: int = Field(ge=1)
    unit: str
    isRolling: bool = True

    @field_validator("unit")
    @classmethod
    def _days(cls, unit: str) -> str:
        if unit.lower() not in ("day", "week"):
            raise ValueError(f"{unit!r} is not supported; use Day")
        return unit

    @field_validator("isRolling")
    @classmethod
    def _rolling(cls, rolling: bool) -> bool:
        return only_rolling(rolling)

    @property
    def period(self) -> timedelta:
        return timedelta(days=self.count) if self.unit.lower() == "day" else timedelta(weeks=self.count)


class AlphaSpec(BaseModel):
    """The SLO of `openslo/v1alpha`."""

    service: SpecName
    objectives: Annotated[list[AlphaObjective], Field(min_length=1)]
    timeWindows: Annotated[list[AlphaWindow], Field(max_length=1)] = Field(default_factory=list)
    budgetingMethod: str = "Occurrences"

    @field_validator("budgetingMethod")
    @classmethod
    def _occurrences(cls, method: str) -> str:
        return only_occurrences(method)


class AlphaSlo(BaseModel):
    """An SLO document of `openslo/v1alpha`."""

    metadata: Metadata
    spec: AlphaSpec


def alpha_objectives(document: SpecDocument) -> list[Objective]:
    """The objectives of an `openslo/v1alpha` SLO in its order. Raises BadInput."""
    slo = validated(AlphaSlo, document)
    period = slo.spec.timeWindows[0].period if slo.spec.timeWindows else None
    objectives = []
    for index, one in enumerate(slo.spec.objectives):
        ratio = good_over_total(one.ratioMetrics.good.query, one.ratioMetrics.total.query)
        objectives.append(openslo_objective(document, index, slo.spec.service, slo.metadata.name, one.target * 100, ratio, period))
    return objectives
