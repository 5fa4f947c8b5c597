"""`sources` of audit.yaml: where bills, incidents, metrics and manifests are read."""

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from audit_assets.strict import SECRET, Name, SecretReference, Strict

HEADER = re.compile(r"[A-Za-z0-9-]+")
_HEADERS_OF_ASSAY = frozenset({"authorization", "accept", "accept-encoding", "content-length", "content-type", "host", "transfer-encoding"})
_SECRET_HEADER = re.compile(r"key|token|secret|password|auth|cookie", re.IGNORECASE)


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
    """What is declared of one cluster: YAML (`files`), state and plans (`terraform`), or what the API server holds now (`kubernetes`)."""

    kind: Literal["files", "kubernetes", "terraform"]
    uri: str | None = None
    cluster: Name
    codeowners: str | None = Field(None, description="CODEOWNERS file that lies outside of the folder; those inside are found")
    context: str | None = Field(None, description="context of the kubeconfig; default its current one, else the pod's service account")

    @model_validator(mode="after")
    def _one_place(self) -> "ManifestSource":
        if (self.kind != "kubernetes") != (self.uri is not None):
            raise ValueError("kinds files and terraform take `uri`; kind kubernetes takes none, but may take `context`")
        if self.kind != "kubernetes" and self.context:
            raise ValueError("`context` is for kind kubernetes")
        if self.kind != "files" and self.codeowners:
            raise ValueError("`codeowners` is for kind files: it gives owners to paths")
        return self


class Sources(Strict):
    """Everything the audit reads. An empty list is legal: the claims it would feed are unknown."""

    billing: list[BillingSource] = []
    incidents: list[IncidentSource] = []
    metrics: list[MetricSource] = []
    manifests: list[ManifestSource] = []

    @property
    def every(self) -> list[SourceSpec]:
        """All of them, group by group."""
        return [*self.billing, *self.incidents, *self.metrics, *self.manifests]

    @model_validator(mode="after")
    def _unique_names(self) -> "Sources":
        names = [spec.name for spec in self.every]
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
