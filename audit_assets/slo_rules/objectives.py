"""The one normal form of a service level objective, whichever spec it was written in.

What does not belong here: spec formats, rule texts.
"""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class AlertText:
    """What an alert of one severity is called and carries."""

    name: str
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True)
class Intervals:
    """How often each rule group is evaluated, as Prometheus durations; empty is Prometheus' own default."""

    sli: str = ""
    meta: str = ""
    alerts: str = ""


@dataclass(frozen=True)
class Objective:
    """One SLO.

    `percent` is the objective in percent; `error_ratio` a PromQL template over `{{.window}}` with values 0..1, made of `queries`
    (by field); `period` the window of the objective where the spec states one; `where` is what messages call it.
    """

    where: str
    service: str
    name: str
    percent: float
    error_ratio: str
    queries: dict[str, str]
    spec: str
    mode: str
    labels: dict[str, str] = field(default_factory=dict)
    period: timedelta | None = None
    page: AlertText | None = None
    ticket: AlertText | None = None
    intervals: Intervals = Intervals()

    @property
    def slo_id(self) -> str:
        """The name that is unique in a set of rules."""
        return f"{self.service}-{self.name}"

    @property
    def identity(self) -> dict[str, str]:
        """The labels by which recorded series are found again."""
        return {"sloth_id": self.slo_id, "sloth_service": self.service, "sloth_slo": self.name}

    @property
    def selector(self) -> str:
        """The identity as a PromQL selector."""
        return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(self.identity.items())) + "}"
