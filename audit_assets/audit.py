"""audit.yaml as typed models: what is audited, from which sources, and what people say about it.

A key that is not known is refused, with the one that was probably meant. Secrets are only ever references (`${NAME}`), read from the
environment at the moment of use and never stored. What does not belong here: anything learned from data.
"""

import difflib
import math
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import Field, ValidationError, model_validator

from audit_assets.audit_lake import LakeLocation, refuse_overlap
from audit_assets.audit_scope import Scope
from audit_assets.audit_sources import Sources
from audit_assets.errors import BadInput
from audit_assets.overrides import IncidentOverride, read_overrides
from audit_assets.partitions import Window, yesterday
from audit_assets.strict import Name, SecretReference, Strict, require_known

MAX_BYTES = 4_000_000
LOOK_BACK_DAYS = 7
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
        require_known("failure mode", self.mode, FAILURE_MODES)
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
    lake: LakeLocation | None = Field(None, description="bucket that holds the lake, for homes that share it; default the home alone")
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
    def _lake_apart(self) -> "Audit":
        refuse_overlap(self.lake, self.sources)
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
                        require_known(what, given, known)
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
