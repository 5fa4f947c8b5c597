"""Manifest assets: a snapshot of what is declared to run."""

from audit_assets.ingest import Ingestion
from audit_assets.manifests.factory import manifest_source
from audit_assets.manifests.tables import TABLES
from audit_assets.resources import AuditResource
from audit_assets.source import Source


def sources(audit: AuditResource) -> list[Source]:
    """The manifest sources of the audit."""
    end = audit.audit.window.end
    return [manifest_source(spec, audit.base, audit.index(spec.name), end) for spec in audit.audit.sources.manifests]


INGESTIONS = (
    Ingestion("manifests", "manifests", "What is declared to run, as a snapshot.", TABLES, sources, frozenset({"kubernetes", "parquet"})),
)
