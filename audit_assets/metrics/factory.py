"""Metric sources, from their declarations in audit.yaml."""

from collections.abc import Sequence
from pathlib import Path

from audit_assets.audit_sources import MetricSource
from audit_assets.lake import Lake
from audit_assets.metrics.openmetrics import OpenMetricsFiles
from audit_assets.metrics.rollup import RollupSource
from audit_assets.source import Source


def metric_source(spec: MetricSource, base: Path, index: Path, counters: Sequence[str] = ()) -> Source:
    """The samples of one source. `counters`: names to fetch from a server besides the known ones (`units.counter` of workloads)."""
    if spec.url is not None:
        from audit_assets.metrics.prometheus import PrometheusServer  # noqa: PLC0415 - an HTTP client that files do not need

        return PrometheusServer(spec, index, counters)
    assert spec.uri is not None  # MetricSource has one of the two
    source = OpenMetricsFiles(spec.name, spec.uri, base, index, spec.cluster)
    source.s3 = spec.s3
    return source


def rollup_source(spec: MetricSource, lake: Lake) -> Source:
    """The reduction of that source's days."""
    return RollupSource(spec.name, spec.cluster, lake)
