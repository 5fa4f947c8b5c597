"""A billing entry of audit.yaml → the source that reads it."""

from datetime import date
from pathlib import Path

from audit_assets.audit_sources import BillingSource
from audit_assets.billing.aws_cur import CurSource
from audit_assets.billing.azure import AzureSource
from audit_assets.billing.focus import FocusSource
from audit_assets.billing.gcp import GcpSource
from audit_assets.billing.on_prem import OnPremSource
from audit_assets.source import FileSource, Source


def billing_source(spec: BillingSource, base: Path, index: Path, window_start: date | None = None) -> Source:
    """The source of one entry. `base` is the folder of audit.yaml; `index` a folder for what is learned about files."""
    source = _files(spec, base, index)
    source.window_start, source.s3 = window_start, spec.s3
    return source


def _files(spec: BillingSource, base: Path, index: Path) -> FileSource:
    if spec.kind == "on_prem":
        return OnPremSource(spec.name, spec.uri, base, index)
    if spec.kind == "azure_cost":
        return AzureSource(spec.name, spec.uri, base, index, spec.as_ == "on_prem", spec.metric or "")
    files = {"focus": FocusSource, "aws_cur": CurSource, "gcp_billing": GcpSource}[spec.kind]
    return files(spec.name, spec.uri, base, index, on_prem=spec.as_ == "on_prem")
