"""Billing assets: the bill of every source in the normal form, a day a partition."""

from audit_assets.billing.factory import billing_source
from audit_assets.billing.tables import TABLES
from audit_assets.ingest import Ingestion
from audit_assets.resources import AuditResource
from audit_assets.source import Source


def sources(audit: AuditResource) -> list[Source]:
    """The billing sources of the audit."""
    return [billing_source(spec, audit.base, audit.index(spec.name), audit.audit.window.start) for spec in audit.audit.sources.billing]


INGESTIONS = (
    Ingestion("charges", "billing", "The bill of every source in FOCUS columns, as delivered.", TABLES, sources, frozenset({"parquet"})),
)
