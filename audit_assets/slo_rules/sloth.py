"""Sloth's `prometheus/v1` specs (https://pkg.go.dev/github.com/slok/sloth/pkg/prometheus/api/v1) as objectives.

Left out on purpose: plugins. They are Go code, so a spec that needs one is refused rather than half understood.
What does not belong here: rule texts.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from audit_assets.slo_rules.documents import SpecDocument, validated
from audit_assets.slo_rules.fields import AlertTexts, Query, RuleLabels, SpecName, Strict
from audit_assets.slo_rules.objectives import AlertText, Intervals, Objective
from audit_assets.slo_rules.windows import Duration, format_duration

VERSION = "prometheus/v1"


class EventsSli(Strict):
    """Bad events over all events, both as rates or increases over the window."""

    error_query: Query
    total_query: Query

    @model_validator(mode="after")
    def _different(self) -> "EventsSli":
        if self.error_query == self.total_query:
            raise ValueError("error_query and total_query are the same: every event would be an error")
        return self


class RawSli(Strict):
    """A query that is an error ratio already."""

    error_ratio_query: Query


class Sli(Strict):
    """Exactly one of the two ways to measure errors."""

    events: EventsSli | None = None
    raw: RawSli | None = None
    plugin: object = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Sli":
        if self.plugin is not None:
            raise ValueError(
                f"the SLI plugin {_plugin_name(self.plugin)} is Go code and cannot run here; "
                "write the query that it makes as `raw.error_ratio_query`"
            )
        if (self.events is None) == (self.raw is None):
            raise ValueError("give exactly one of `events` and `raw`")
        return self

    @property
    def error_ratio(self) -> str:
        if self.events:
            return f"({self.events.error_query})\n/\n({self.events.total_query})\n"
        return "".join(f"({query})" for query in self.queries.values())

    @property
    def queries(self) -> dict[str, str]:
        chosen = {"events": self.events, "raw": self.raw}
        return {f"sli.{kind}.{field}": query for kind, one in chosen.items() if one for field, query in one}


class SeveritySpec(Strict):
    """What the alert of one severity adds."""

    disable: bool = False
    labels: AlertTexts = Field(default_factory=dict)
    annotations: AlertTexts = Field(default_factory=dict)


class Alerting(Strict):
    """The alerts of an SLO; without `name` both must be disabled."""

    name: str = ""
    labels: AlertTexts = Field(default_factory=dict)
    annotations: AlertTexts = Field(default_factory=dict)
    page_alert: SeveritySpec = SeveritySpec()
    ticket_alert: SeveritySpec = SeveritySpec()

    @field_validator("page_alert", "ticket_alert", mode="before")
    @classmethod
    def _empty_key(cls, value: object) -> object:
        return {} if value is None else value

    @model_validator(mode="after")
    def _named(self) -> "Alerting":
        if not self.name and not (self.page_alert.disable and self.ticket_alert.disable):
            raise ValueError("`name` is missing; name the alert, or disable page_alert and ticket_alert")
        return self

    def text(self, severity: SeveritySpec) -> AlertText | None:
        if severity.disable:
            return None
        return AlertText(self.name, {**self.labels, **severity.labels}, {**self.annotations, **severity.annotations})


class IntervalSpec(Strict):
    """How often rule groups are evaluated; `all` where nothing nearer is said."""

    all: Duration | None = None
    slierror: Duration | None = None
    metadata: Duration | None = None
    alert: Duration | None = None

    @property
    def intervals(self) -> Intervals:
        nearest = (one or self.all for one in (self.slierror, self.metadata, self.alert))
        return Intervals(*(format_duration(one) if one else "" for one in nearest))


class PluginChain(Strict):
    """SLO plugins, which change rules after they were made: a chain with any is refused by their names."""

    override_previous: bool = False
    chain: list[Any] = Field(default_factory=list)

    @model_validator(mode="after")
    def _none(self) -> "PluginChain":
        if self.chain or self.override_previous:
            names = ", ".join(dict.fromkeys(map(_plugin_name, self.chain))) or "none, which override the default ones"
            raise ValueError(f"SLO plugins are Go code and cannot run here: {names}; remove them, or make these rules with Sloth")
        return self


class SloSpec(Strict):
    """One SLO; `objective` is a percentage."""

    name: SpecName
    description: str = ""
    objective: Annotated[float, Field(le=100, strict=True)]
    labels: RuleLabels = Field(default_factory=dict)
    sli: Sli
    alerting: Alerting
    interval: IntervalSpec = IntervalSpec()
    plugins: PluginChain = PluginChain()

    @field_validator("objective")
    @classmethod
    def _in_percent(cls, objective: float) -> float:
        if not objective >= 1:
            raise ValueError(f"{objective:g} is a percentage here; write 99.9 for 99.9 %")
        return objective


class SlothSpec(Strict):
    """The SLOs of one service."""

    version: Literal["prometheus/v1"]
    service: SpecName
    labels: RuleLabels = Field(default_factory=dict)
    slo_plugins: PluginChain = PluginChain()
    slos: Annotated[list[SloSpec], Field(min_length=1)]


def sloth_objectives(document: SpecDocument) -> list[Objective]:
    """The objectives of a `prometheus/v1` document in its order. Raises BadInput."""
    spec = validated(SlothSpec, document)
    return [_objective(spec, slo, f"{document.where}: `slos[{index}]`") for index, slo in enumerate(spec.slos)]


def _objective(spec: SlothSpec, slo: SloSpec, where: str) -> Objective:
    return Objective(
        where=where,
        service=spec.service,
        name=slo.name,
        percent=slo.objective,
        error_ratio=slo.sli.error_ratio,
        queries=slo.sli.queries,
        spec=VERSION,
        mode="cli-gen-prom",
        labels={**spec.labels, **slo.labels},
        page=slo.alerting.text(slo.alerting.page_alert),
        ticket=slo.alerting.text(slo.alerting.ticket_alert),
        intervals=slo.interval.intervals,
    )


def _plugin_name(plugin: Any) -> str:
    return repr(plugin.get("id", "without an id") if isinstance(plugin, dict) else plugin)[:80]
