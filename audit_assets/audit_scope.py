"""`scope` of audit.yaml: the services, their workloads, and what is promised to whom."""

from typing import Literal

from pydantic import Field, model_validator

from audit_assets.strict import Name, Strict

WorkloadKind = Literal["inference", "training", "embeddings", "batch"]


class Match(Strict):
    """How a workload is recognised: by namespace and pod labels, or by the tags on its bill."""

    namespace: str | None = None
    labels: dict[str, str] = {}
    billing_tags: dict[str, str] = {}


class ReferenceProfile(Strict):
    """The unit of work that a cost is quoted for."""

    input_tokens: int | None = Field(None, gt=0)
    output_tokens: int | None = Field(None, gt=0)
    output_price_ratio: float | None = Field(
        None, gt=0, description="price of an output token ÷ price of an input token, where no time tells"
    )
    dataset_gb: float | None = Field(None, gt=0)
    epochs: float | None = Field(None, gt=0)
    tokens_per_vector: float | None = Field(None, gt=0)


class Units(Strict):
    """Which counter counts the work, where the kind's usual counter is not the right one. `_total` is optional."""

    counter: str


class Workload(Strict):
    """One workload of a service."""

    name: Name
    kind: WorkloadKind
    match: Match = Match()
    reference_profile: ReferenceProfile = ReferenceProfile()
    units: Units | None = None


class LatencyTarget(Strict):
    """`percentile` of requests within `threshold_ms`."""

    percentile: float = Field(95, gt=0, lt=100)
    threshold_ms: float = Field(gt=0)


class AvailabilityTarget(Strict):
    """Share of good requests over a window of days."""

    objective: float = Field(gt=0, lt=1)
    window_days: int = Field(30, ge=1)


class Tolerance(Strict):
    """What the consumer can bear."""

    latency_ms: float | None = Field(None, gt=0)
    retries: int | None = Field(None, ge=0)
    timeout_ms: float | None = Field(None, gt=0)


class Slo(Strict):
    """What is declared to be promised."""

    latency: LatencyTarget | None = None
    availability: AvailabilityTarget | None = None
    tolerance: Tolerance = Tolerance()


class Service(Strict):
    """A service in scope, its owner, consumer, dependencies and workloads."""

    name: Name
    owner: str | None = None
    consumer: str | None = None
    depends_on: list[Name] = []
    workloads: list[Workload] = []
    slo: Slo = Slo()


class Scope(Strict):
    """What is declared to be in scope."""

    services: list[Service] = []

    @model_validator(mode="after")
    def _coherent(self) -> "Scope":
        services = [service.name for service in self.services]
        workloads = [workload.name for service in self.services for workload in service.workloads]
        for label, names in (("service", services), ("workload", workloads)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{label} names must be unique: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> "Scope":
        """Pods that two workloads claim alike would be given to one of them by chance."""
        owners: dict[str, str] = {}
        for workload in (workload for service in self.services for workload in service.workloads):
            pods = workload.match.model_dump_json(include={"namespace", "labels"}, exclude_defaults=True)
            if pods != "{}" and pods in owners:
                raise ValueError(f"workloads {owners[pods]} and {workload.name} match the same pods; tell them apart by `match.labels`")
            owners[pods] = workload.name
        return self
