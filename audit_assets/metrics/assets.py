"""Metric assets: samples as scraped, and the rollups of each day, which are all that the warehouse reads."""

from audit_assets.ingest import Ingestion
from audit_assets.metrics.factory import metric_source, rollup_source
from audit_assets.metrics.tables import ROLLUP_TABLES, SAMPLE_TABLES
from audit_assets.resources import AuditResource
from audit_assets.source import Source


def sample_sources(audit: AuditResource) -> list[Source]:
    """The metric sources of the audit; a server is also asked for the counters that workloads name."""
    workloads = [workload for service in audit.audit.scope.services for workload in service.workloads]
    counters = tuple(workload.units.counter for workload in workloads if workload.units)
    return [metric_source(spec, audit.base, audit.index(spec.name), counters) for spec in audit.audit.sources.metrics]


def rollup_sources(audit: AuditResource) -> list[Source]:
    """The reductions of those sources' days."""
    return [rollup_source(spec, audit.home.lake) for spec in audit.audit.sources.metrics]


INGESTIONS = (
    Ingestion(
        "samples", "metrics", "Samples as scraped, and their series.", SAMPLE_TABLES, sample_sources, frozenset({"prometheus", "parquet"})
    ),
    Ingestion(
        "rollups",
        "metrics",
        "Each day's samples reduced: hourly by GPU, five minutes for counters and histograms.",
        ROLLUP_TABLES,
        rollup_sources,
        frozenset({"duckdb", "parquet"}),
        upstream="samples",
    ),
)
