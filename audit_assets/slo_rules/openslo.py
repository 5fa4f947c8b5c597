"""OpenSLO documents of `openslo/v1` (https://github.com/OpenSLO/OpenSLO) as objectives.

What cannot be said in rules over a rolling window (calendar windows, time slices, thresholds, other metric systems) is refused
by field.
What does not belong here: rule texts; `openslo/v1alpha`.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator, model_validator

from audit_assets.slo_rules.documents import SpecDocument, validated
from audit_assets.slo_rules.fields import SpecName, Strict, check_query
from audit_assets.slo_rules.objectives import Objective
from audit_assets.slo_rules.openslo_common import (
    Metadata,
    Ratio,
    Target,
    good_over_total,
    only_occurrences,
    only_rolling,
    openslo_objective,
)
from audit_assets.slo_rules.windows import parse_duration

V1 = "openslo/v1"


class MetricSource(Strict):
    """Where a query runs; one without `type` is taken for Prometheus."""

    metricSourceRef: str = ""
    type: str = ""
    spec: dict[str, Any]

    @model_validator(mode="after")
    def _prometheus(self) -> "MetricSource":
        if self.type and self.type.lower() != "prometheus":
            raise ValueError(f"`type` {self.type!r} cannot become Prometheus rules; only Prometheus can")
        return self


class Metric(Strict):
    """One query of an indicator: `query`, as the specification's examples write it, or `promql`."""

    metricSource: MetricSource

    @model_validator(mode="after")
    def _usable_query(self) -> "Metric":
        try:
            check_query(self.query)
        except ValueError as problem:
            raise ValueError(f"`metricSource.spec.query` {problem}") from problem
        return self

    @property
    def query(self) -> str:
        return str(self.metricSource.spec.get("query", self.metricSource.spec.get("promql", ""))).strip()


class RatioMetric(Strict):
    """Good or bad events over all events, or a ratio that is measured already."""

    counter: bool = True
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    rawType: Annotated[str, Field(pattern="^(success|failure)$")] | None = None
    raw: Metric | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "RatioMetric":
        given = {name for name in ("good", "bad", "total", "rawType", "raw") if getattr(self, name) is not None}
        if given not in ({"good", "total"}, {"bad", "total"}, {"rawType", "raw"}):
            raise ValueError("give `total` with one of `good` and `bad`, or `raw` with its `rawType`")
        return self

    @property
    def ratio(self) -> Ratio:
        chosen = {"good": self.good, "bad": self.bad, "total": self.total, "raw": self.raw}
        queries = {name: metric.query for name, metric in chosen.items() if metric}
        match queries:
            case {"good": good, "total": total}:
                return good_over_total(good, total)
            case {"bad": bad, "total": total}:
                return Ratio(f"({bad})\n/\n({total})\n", queries)
        raw = queries["raw"]
        return Ratio(f"(1 - ({raw}))" if self.rawType == "success" else f"({raw})", queries)


class SliSpec(Strict):
    """An indicator; only ratios can be budgeted by rules."""

    description: str = ""
    ratioMetric: RatioMetric | None = None
    thresholdMetric: Any = None

    @model_validator(mode="after")
    def _ratio(self) -> "SliSpec":
        if self.ratioMetric is None:
            raise ValueError("`ratioMetric` is missing; a thresholdMetric has no error ratio, so write it as good over total")
        return self

    @property
    def ratio(self) -> Ratio:
        assert self.ratioMetric is not None
        return self.ratioMetric.ratio


class Indicator(BaseModel):
    """An indicator, inline or as an SLI document."""

    spec: SliSpec


class ObjectiveSpec(Strict):
    """A target; `op` and `value` belong to threshold metrics and say nothing about a ratio."""

    displayName: str = ""
    op: str = ""
    value: float | None = None
    target: Target | None = None
    targetPercent: Annotated[float, Field(ge=1, le=100)] | None = None
    timeSliceTarget: float | None = None
    timeSliceWindow: Any = None

    @model_validator(mode="after")
    def _one_target(self) -> "ObjectiveSpec":
        if (self.target is None) == (self.targetPercent is None):
            raise ValueError("give exactly one of `target` and `targetPercent`")
        return self

    @property
    def percent(self) -> float:
        return self.targetPercent if self.targetPercent is not None else (self.target or 0) * 100


class TimeWindow(Strict):
    """The rolling window of an SLO."""

    duration: str
    isRolling: bool = True
    calendar: Any = None

    @field_validator("duration")
    @classmethod
    def _known(cls, duration: str) -> str:
        parse_duration(duration)
        return duration

    @field_validator("isRolling")
    @classmethod
    def _rolling(cls, rolling: bool) -> bool:
        return only_rolling(rolling)


class SloSpec(Strict):
    """The SLO of `openslo/v1`."""

    description: str = ""
    service: SpecName
    indicator: Indicator | None = None
    indicatorRef: str | None = None
    timeWindow: Annotated[list[TimeWindow], Field(max_length=1)] = Field(default_factory=list)
    budgetingMethod: str = "Occurrences"
    objectives: Annotated[list[ObjectiveSpec], Field(min_length=1)]
    alertPolicies: list[Any] = Field(default_factory=list)

    @field_validator("budgetingMethod")
    @classmethod
    def _occurrences(cls, method: str) -> str:
        return only_occurrences(method)

    @model_validator(mode="after")
    def _one_indicator(self) -> "SloSpec":
        if (self.indicator is None) == (self.indicatorRef is None):
            raise ValueError("give exactly one of `indicator` and `indicatorRef`")
        return self


class Slo(BaseModel):
    """An SLO document of `openslo/v1`."""

    metadata: Metadata
    spec: SloSpec


def openslo_objectives(document: SpecDocument, all_documents: Iterable[SpecDocument]) -> list[Objective]:
    """The objectives of an OpenSLO SLO; indicators may be SLI documents anywhere in `all_documents`. Raises BadInput."""
    slo = validated(Slo, document)
    indicator = slo.spec.indicator or _referred(document, slo.spec.indicatorRef or "", all_documents)
    period = parse_duration(slo.spec.timeWindow[0].duration) if slo.spec.timeWindow else None
    return [
        openslo_objective(document, index, slo.spec.service, slo.metadata.name, one.percent, indicator.spec.ratio, period)
        for index, one in enumerate(slo.spec.objectives)
    ]


def _referred(document: SpecDocument, name: str, all_documents: Iterable[SpecDocument]) -> Indicator:
    for other in all_documents:
        metadata = other.body.get("metadata")
        if other.body.get("kind") == "SLI" and isinstance(metadata, dict) and metadata.get("name") == name:
            return validated(Indicator, other)
    raise document.refuse("spec.indicatorRef", f"refers to SLI {name!r}, which no given file defines; pass the file that does as well")
