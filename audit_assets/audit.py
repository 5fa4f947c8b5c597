"""audit.yaml as typed models: what is audited, from which sources, and what people say about it.

Unknown keys are errors that suggest the nearest known one. Secrets are only ever references (`${NAME}`), read from the
environment at the moment of use and never stored. What does not belong here: anything learned from data.
"""

import difflib
import math
import os
import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit_assets.errors import BadInput
from audit_assets.overrides import IncidentOverride, read_overrides
from audit_assets.partitions import Window, yesterday

MAX_BYTES = 4_000_000
LOOK_BACK_DAYS = 7
SECRET = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$")
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
HEADER = re.compile(r"[A-Za-z0-9-]+")
_HEADERS_OF_ASSAY = frozenset({"authorization", "accept", "accept-encoding", "content-length", "content-type", "host", "transfer-encoding"})
_SECRET_HEADER = re.compile(r"key|token|secret|password|auth|cookie", re.IGNORECASE)


def _named(value: str) -> str:
    if not NAME.match(value):
        raise ValueError(f"{value!r} is not a usable name: letters, digits, '.', '_' and '-' only")
    return value


def _secret_reference(value: str) -> str:
    if not SECRET.match(value):
        raise ValueError("a secret must be a reference like ${PAGERDUTY_TOKEN}, never the secret itself")
    return value


Name = Annotated[str, AfterValidator(_named)]
SecretReference = Annotated[str, AfterValidator(_secret_reference)]
WorkloadKind = Literal["inference", "training", "embeddings", "batch"]
FAILURE_MODES = (
    "driver_kernel_drift",
    "vram_exhaustion",
    "thermal_throttling",
    "scheduling_failure",
    "dependency_version_mismatch",
    "upstream_api_issue",
    "data_issue",
    "model_regression",
    "hardware_fault",
    "unknown_other",
)
SPOF_KINDS = (
    "single_replica",
    "single_gpu_type",
    "unmirrored_registry",
    "unexplained_pin",
    "mutable_tag",
    "rwo_volume",
    "recreate_strategy",
    "no_pdb",
    "no_spread",
    "single_zone",
    "ray_head_no_ft",
    "single_flavor",
    "spot_without_checkpoint",
)

REQUIREMENTS = {"AUD": 87, "CHK": 40, "PLAN": 64, "PIQC": 37, "OPT": 64}  # of the readiness scorecard, by document


def _require_known(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        near = difflib.get_close_matches(given, known, 1, 0.3)
        raise ValueError(f"unknown {what} {given!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def resolve_secret(reference: str) -> str:
    """The value behind `${NAME}`. Raises BadInput when the variable is not set."""
    match = SECRET.match(reference)
    name = match.group(1) if match else reference
    if not os.environ.get(name):
        raise BadInput(f"environment variable {name} is not set; audit.yaml refers to it as {reference}")
    return os.environ[name]


class Strict(BaseModel):
    """A model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WindowSpec(Strict):
    """The audited window: `days` whole UTC days, the last of which is `end`."""

    days: int = Field(90, ge=1, le=1100)
    end: date = Field(default_factory=yesterday, description="last whole UTC day, inclusive; default yesterday")


class Stakeholder(Strict):
    """The one person who can say whether a risk matters."""

    name: str
    contact: str | None = None


class Review(Strict):
    """The commitment that the output is reviewed."""

    date: date
    attendees: list[str] = []


class TrackOwners(Strict):
    """Who owns each track's deliverable."""

    cost: str | None = None
    reliability: str | None = None
    slo: str | None = None
    roadmap: str | None = None


class AuditSection(Strict):
    """What this audit is."""

    name: Name
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    window: WindowSpec = Field(default_factory=WindowSpec)
    stakeholder: Stakeholder | None = None
    review: Review | None = None
    track_owners: TrackOwners = TrackOwners()


class S3Access(Strict):
    """How the bucket of an `s3://` location is reached. Credentials come from the environment, as boto3 finds them there."""

    endpoint: str | None = Field(None, pattern=r"^https?://[^/@]+$", description="address of a server that speaks S3; default AWS")
    region: str | None = None
    path_style: bool = Field(False, description="http://host/bucket/key instead of http://bucket.host/key")
    requester_pays: bool = False
    role_arn: str | None = Field(None, pattern=r"^arn:[a-z-]+:iam::\d*:role/.+$", description="role to assume before reading")
    external_id: str | None = Field(None, description="what the role's trust policy asks for")


class SourceSpec(Strict):
    """One entry of `sources`. It is named as its kind when it has no name."""

    name: Name
    s3: S3Access | None = Field(None, description="for a `uri` that begins with s3://")

    @model_validator(mode="before")
    @classmethod
    def _named_as_its_kind(cls, entry: Any) -> Any:
        return {"name": entry["kind"], **entry} if isinstance(entry, dict) and "kind" in entry else entry

    @model_validator(mode="after")
    def _s3_where_it_is_used(self) -> "SourceSpec":
        if self.s3 is not None and not str(getattr(self, "uri", None)).startswith("s3://"):
            raise ValueError("`s3` says how to reach a bucket, so `uri` must begin with s3://")
        return self


class BillingSource(SourceSpec):
    """A bill: files in a provider's format, or declared on-prem facts."""

    kind: Literal["focus", "aws_cur", "gcp_billing", "azure_cost", "on_prem"]
    uri: str
    as_: Literal["on_prem"] | None = Field(None, alias="as", description="price class of every row of this source")
    metric: Literal["actual", "amortized"] | None = Field(
        None, description="for azure_cost: which of its two views of the bill the export is"
    )

    @model_validator(mode="after")
    def _one_metric(self) -> "BillingSource":
        if self.kind == "azure_cost" and self.metric is None:
            raise ValueError("kind azure_cost takes `metric: amortized` or `metric: actual`, as the export was made")
        if self.kind != "azure_cost" and self.metric is not None:
            raise ValueError(f"kind {self.kind} takes no `metric`; only azure_cost does")
        return self


class IncidentSource(SourceSpec):
    """Incidents, conversations and alerts: exported files (`uri`), or the service itself (`token`)."""

    kind: Literal["pagerduty", "slack", "alertmanager"]
    uri: str | None = None
    token: SecretReference | None = Field(None, description="of the API; then no `uri`")
    url: str | None = Field(None, description="address of the API, where it is not the usual one, e.g. https://api.eu.pagerduty.com")
    channels: list[str] | None = Field(None, description="Slack channel names to read; default all in an export, required with `token`")

    @model_validator(mode="after")
    def _one_place(self) -> "IncidentSource":
        if (self.uri is None) == (self.token is None):
            raise ValueError(f"kind {self.kind} takes `uri` (an export) or `token` (the API), and only one of them")
        if self.kind == "slack" and self.token and not self.channels:
            raise ValueError("kind slack with `token` takes `channels`: nothing else is read")
        if self.url and self.uri:
            raise ValueError("`url` is the address of the API; it goes with `token`")
        if self.url and not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", self.url):
            raise ValueError("`url` must begin with https://, so that the token cannot be read on the way")
        if self.kind == "alertmanager" and self.token:
            raise ValueError("kind alertmanager takes `uri`: files of alerts or of webhook messages")
        return self


class MetricSource(SourceSpec):
    """Prometheus metrics of one cluster: a server (`url`) or text files (`uri`)."""

    kind: Literal["prometheus", "openmetrics"]
    url: str | None = None
    uri: str | None = None
    cluster: Name
    token: SecretReference | None = Field(None, description="of a server: a bearer token, or user:password")
    headers: dict[str, str] = Field({}, description="sent to a server with each request, e.g. X-Scope-OrgID: tenant; values may be ${NAME}")
    match: list[str] | None = Field(None, description="series selectors to fetch from a server; default all known metrics")

    @model_validator(mode="after")
    def _one_location(self) -> "MetricSource":
        wanted = "url" if self.kind == "prometheus" else "uri"
        if getattr(self, wanted) is None or (self.url is not None) == (self.uri is not None):
            raise ValueError(f"kind {self.kind} takes `{wanted}` and only that")
        of_server = [name for name in ("token", "headers", "match") if getattr(self, name)]
        if self.kind == "openmetrics" and of_server:
            raise ValueError(f"kind openmetrics reads files and takes no `{of_server[0]}`; only prometheus does")
        return self

    @model_validator(mode="after")
    def _usable_headers(self) -> "MetricSource":
        for name, value in self.headers.items():
            if not HEADER.fullmatch(name) or not (value.isascii() and value.isprintable()):
                raise ValueError(f"`headers`: {name!r} cannot be sent: names are letters, digits and '-', values one line of ASCII")
            if name.lower() in _HEADERS_OF_ASSAY:
                raise ValueError(f"`headers`: {name} is set by Assay" + ("; use `token`" if name.lower() == "authorization" else ""))
            if ("${" in value or _SECRET_HEADER.search(name)) and not SECRET.match(value):
                raise ValueError(
                    f"`headers`: the value of {name} must be a reference like ${{NAME}} and nothing else, never the secret itself"
                )
        return self


class ManifestSource(SourceSpec):
    """Kubernetes objects of one cluster: a folder of YAML (`files`), or what the API server holds now (`kubernetes`)."""

    kind: Literal["files", "kubernetes"]
    uri: str | None = None
    cluster: Name
    codeowners: str | None = Field(None, description="CODEOWNERS file that lies outside of the folder; those inside are found")
    context: str | None = Field(None, description="context of the kubeconfig; default its current one, else the pod's service account")

    @model_validator(mode="after")
    def _one_place(self) -> "ManifestSource":
        if (self.kind == "files") != (self.uri is not None):
            raise ValueError("kind files takes `uri`; kind kubernetes takes none, but may take `context`")
        if self.kind == "files" and self.context:
            raise ValueError("`context` is for kind kubernetes")
        if self.kind == "kubernetes" and self.codeowners:
            raise ValueError("`codeowners` is for kind files: it gives owners to paths")
        return self


class Sources(Strict):
    """Everything the audit reads. An empty list is legal: the claims it would feed are unknown."""

    billing: list[BillingSource] = []
    incidents: list[IncidentSource] = []
    metrics: list[MetricSource] = []
    manifests: list[ManifestSource] = []

    @model_validator(mode="after")
    def _unique_names(self) -> "Sources":
        specs: list[SourceSpec] = [*self.billing, *self.incidents, *self.metrics, *self.manifests]
        names = [spec.name for spec in specs]
        twice = sorted({name for name in names if names.count(name) > 1} | ({"declared", "quality"} & set(names)))
        if twice:
            raise ValueError(f"source names must be unique, and not `declared` or `quality`: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _one_view_of_azure(self) -> "Sources":
        views = {source.metric: source.name for source in self.billing if source.metric}
        if len(views) > 1:
            names = " and ".join(views.values())
            raise ValueError(f"{names} are actual and amortized cost, two views of one bill that must never be added up; keep one metric")
        return self


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


class Belief(Strict):
    """Something people hold true about a claim. `tolerance` is absolute, in the claim's unit."""

    id: Name
    statement: str
    claim: str
    expected: float
    tolerance: float = Field(0.0, ge=0)


class Guardrail(Strict):
    """A guardrail that is said to exist, and when it was last tested."""

    name: str
    mode: str = Field(json_schema_extra={"enum": list(FAILURE_MODES)})
    kind: str = "alert"
    tested: date | None = None
    evidence: str | None = None

    @model_validator(mode="after")
    def _known_mode(self) -> "Guardrail":
        _require_known("failure mode", self.mode, FAILURE_MODES)
        return self


class Pin(Strict):
    """A version that is held on purpose. A pin without `reason` is a finding."""

    what: str
    where: str | None = None
    reason: str | None = None


class ExchangeRate(Strict):
    """What one unit of another currency is worth in the audit's, from a day on."""

    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217")
    rate: float = Field(gt=0, allow_inf_nan=False, description="units of the audit's currency for one unit of this one")
    since: date | None = Field(None, description="first UTC day of charges that it holds for; default all before the next one")
    source: str | None = Field(None, description="where the rate is from")


class Machine(Strict):
    """The GPUs of a machine type that the shipped table lacks, or has otherwise."""

    gpus: float = Field(ge=0, allow_inf_nan=False, description="GPUs of one machine; 0: no GPU spend")
    gpu_model: str | None = None


class Policy(Strict):
    """Rules that the estate is held to."""

    allowed_regions: list[str] = []
    peak_hours: str | None = Field(None, pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$", description="UTC, e.g. 08:00-20:00")
    required_tags: list[str] = []
    mirrors: list[str] = []
    shared_cost: Literal["none", "even", "by_allocation"] = "none"
    days_per_owner: float = Field(20, gt=0, le=28, description="person-days that one owner has for the roadmap in four weeks")


class Documents(Strict):
    """What the documents are written as, beside Markdown and HTML."""

    pdf: bool = Field(True, description="also as PDF; a refresh that nobody prints is cheaper without")


class ChecklistAnswer(Strict):
    """What a person says about one requirement of the readiness scorecard that data alone cannot answer."""

    answer: Literal["yes", "no", "not_applicable"]
    evidence: str | None = Field(None, description="link or note")
    said_by: str | None = None
    said_on: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _unquoted(cls, value: Any) -> Any:
        """YAML reads an unquoted yes as true."""
        if isinstance(value, bool | str):
            value = {"answer": value}
        if isinstance(value, dict) and isinstance(value.get("answer"), bool):
            value = {**value, "answer": "yes" if value["answer"] else "no"}
        return value


class Refresh(Strict):
    """When the daemon brings the audit up to date."""

    at: str = Field("06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="time of day, in `zone`")
    zone: str = Field("UTC", description="IANA time zone, e.g. Europe/Berlin")
    look_back_days: int = Field(
        LOOK_BACK_DAYS, ge=0, le=90, description="until so many days after its end, a live source is asked for a day again, once a day"
    )

    @model_validator(mode="after")
    def _known_zone(self) -> "Refresh":
        if self.zone not in available_timezones():
            near = difflib.get_close_matches(self.zone, available_timezones(), 1, 0.5)
            raise ValueError(f"unknown time zone {self.zone!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return self


class Notification(Strict):
    """Who is told that a run failed. The log is always told."""

    kind: Literal["slack", "pagerduty"]
    secret: SecretReference = Field(description="slack: the URL of an incoming webhook; pagerduty: an Events v2 routing key")
    region: Literal["us", "eu"] = Field("us", description="for pagerduty: where the account lives")


class Audit(Strict):
    """The whole declaration."""

    version: Literal[1]
    audit: AuditSection
    sources: Sources = Sources()
    scope: Scope = Scope()
    beliefs: list[Belief] = []
    guardrails: list[Guardrail] = []
    incident_overrides: list[IncidentOverride] = Field(
        [],
        description="what people say of incidents, which always wins: a list, or a CSV file with the same columns",
        json_schema_extra={"type": ["array", "string"]},
    )
    pins: list[Pin] = []
    prices: dict[str, float] = Field({}, description="USD per hour by instance type, where known better than the shipped table")
    machines: dict[str, Machine] = Field({}, description="GPUs by instance type, before what the bill or the shipped table says")
    exchange_rates: list[ExchangeRate] = Field(
        [], description="rates for bills in another currency; without one their charges are in no sum"
    )
    efforts: dict[str, float] = Field({}, description="days of one engineer that a fix takes, by failure mode or kind of SPOF")
    policy: Policy = Policy()
    documents: Documents = Documents()
    refresh: Refresh = Refresh()
    notify: list[Notification] = []
    checklist: dict[str, ChecklistAnswer] = Field({}, description="answers by requirement of the readiness scorecard, e.g. AUD-04")

    @model_validator(mode="after")
    def _known_requirements(self) -> "Audit":
        for requirement in self.checklist:
            document, _, number = requirement.partition("-")
            if not (number.isdigit() and f"{int(number):02}" == number and 1 <= int(number) <= REQUIREMENTS.get(document, 0)):
                ranges = ", ".join(f"{name}-01 to {name}-{last}" for name, last in REQUIREMENTS.items())
                raise ValueError(f"checklist: there is no requirement {requirement!r}; there are {ranges}")
        return self

    @model_validator(mode="after")
    def _usable_efforts(self) -> "Audit":
        for subject, days in self.efforts.items():
            if subject not in (*FAILURE_MODES, *SPOF_KINDS):
                near = difflib.get_close_matches(subject, (*FAILURE_MODES, *SPOF_KINDS), 1, 0.3)
                raise ValueError(f"efforts: no failure mode or SPOF kind {subject!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
            if not 0 < days < math.inf:
                raise ValueError(f"efforts: {subject} takes {days} days; give a number above 0")
        return self

    @model_validator(mode="after")
    def _usable_rates(self) -> "Audit":
        listed = [(rate.currency, rate.since) for rate in self.exchange_rates]
        twice = sorted({f"{currency} since {since or 'ever'}" for currency, since in listed if listed.count((currency, since)) > 1})
        if twice:
            raise ValueError(f"exchange_rates names a currency twice for the same days: {', '.join(twice)}")
        if any(currency == self.audit.currency for currency, _ in listed):
            raise ValueError(f"exchange_rates: {self.audit.currency} is the audit's own currency; rates are for the others")
        return self

    @model_validator(mode="after")
    def _known_overrides(self) -> "Audit":
        services = [service.name for service in self.scope.services]
        for override in self.incident_overrides:
            for what, given, known in (("failure mode", override.mode, FAILURE_MODES), ("service", override.service, services)):
                if given is not None:
                    try:
                        _require_known(what, given, known)
                    except ValueError as problem:
                        raise ValueError(f"incident_overrides: {override.incident}: {problem}") from problem
        return self

    @cached_property
    def window(self) -> Window:
        """The audited days."""
        return Window.ending(self.audit.window.end, self.audit.window.days)


def load_audit(path: Path) -> Audit:
    """Read and check an audit.yaml. Raises BadInput that names file, key and the nearest known key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path}: cannot be read ({problem}); name the file with --audit PATH") from problem
    if len(text) > MAX_BYTES:
        raise BadInput(f"{path}: {len(text)} characters; an audit.yaml has at most {MAX_BYTES}")
    try:
        loaded = yaml.load(text, Loader=_NoAliases)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise BadInput(f"{path}: not valid YAML: {problem}") from problem
    if not isinstance(loaded, dict):
        raise BadInput(f"{path}: expected a mapping with `version`, `audit` and `sources`; run `assay init` for an example")
    if isinstance(loaded.get("incident_overrides"), str):
        loaded["incident_overrides"] = [one.model_dump() for one in read_overrides(path.parent / loaded["incident_overrides"])]
    try:
        return Audit.model_validate(loaded)
    except ValidationError as problem:
        lines = "\n".join(f"  {line}" for line in _explained(problem))
        raise BadInput(f"{path}: {problem.error_count()} problem(s)\n{lines}") from problem


class _NoAliases(yaml.SafeLoader):
    """YAML without aliases: a declaration needs none, and they are how a small file becomes a huge one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse `*alias` with its line."""
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"alias *{event.anchor} is not allowed", event.start_mark)
        return super().compose_node(parent, index)


def _explained(problem: ValidationError) -> list[str]:
    lines = []
    for error in problem.errors():
        where = ".".join(str(part) for part in error["loc"]) or "(top)"
        message = error["msg"]
        if error["type"] == "extra_forbidden":
            key = str(error["loc"][-1])
            near = difflib.get_close_matches(key, _known_keys(error["loc"][:-1]), 1, 0.4)
            message = f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "; remove it")
        elif error["type"] == "missing":
            message = "is required"
        elif not isinstance(error["input"], dict | list):
            message = f"{message} (found {error['input']!r})"
        lines.append(f"{where}: {message}")
    return lines


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    schema = Audit.model_json_schema(by_alias=True)
    node: dict[str, Any] = schema
    for part in location:
        node = _resolved(node, schema)
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return list(_resolved(node, schema).get("properties", {}))


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for option in node.get("anyOf", [node]):
        reference = option.get("$ref")
        if reference:
            return dict(schema["$defs"][reference.rsplit("/", 1)[1]])
    return node
