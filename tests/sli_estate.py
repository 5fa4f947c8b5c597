"""SLIs of made-up metrics, all the way: a metric source, the lake, its rollups, the project's own models in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audit_assets.lake import Lake
from audit_assets.metrics.openmetrics import OpenMetricsFiles
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.rollup import RollupSource
from audit_assets.metrics.tables import ROLLUP_TABLES, SERIES
from tests.compiled_models import SCHEMAS, CompiledModels

GOALS = ("fct_slo_proposal", "fct_error_budget_replay", "fct_sli_daily", "fct_slo_queries", "int_sli__latency_hourly")
SCRAPED = datetime(2026, 1, 1, tzinfo=UTC)
MetricSource = OpenMetricsFiles | PrometheusServer


@dataclass(frozen=True)
class Declaration:
    """The part of audit.yaml that SLIs read: services (columns of `declared_services`) and workloads."""

    days: Sequence[date]
    services: Sequence[dict[str, Any]]
    workloads: Sequence[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of the declared tables."""
        audit = {"audit": "made up", "currency": "USD", "window_start": self.days[0], "window_end": self.days[-1]}
        return {
            "declared_audit": [audit],
            "declared_services": [{"depends_on": [], **service} for service in self.services],
            "declared_workloads": list(self.workloads),
        }


def slis(
    models: CompiledModels, sources: Sequence[MetricSource], declared: Declaration, scratch: Path, others: Mapping[str, Any] | None = None
) -> duckdb.DuckDBPyConnection:
    """A database with every model of `models`, from the days of the sources; `others` are rows of more lake tables."""
    lake = Lake(scratch / "lake")
    for source in sources:
        _commit(source, lake, declared.days, scratch / f"{source.name}-samples")
        _commit(RollupSource(source.name, source.cluster, lake), lake, declared.days, scratch / f"{source.name}-rollups")
    rows: dict[str, Any] = {
        table.name: pa.concat_tables([SCHEMAS[table.name].empty_table(), *_read(lake, sources, table, declared.days)])
        for table in (SERIES, *ROLLUP_TABLES)
    }
    return models.run(rows | declared.rows | dict(others or {}))


def _read(lake: Lake, sources: Sequence[MetricSource], table: Any, days: Sequence[date]) -> list[pa.Table]:
    return [lake.read(source.name, table, day) for source in sources for day in days]


def _commit(source: MetricSource | RollupSource, lake: Lake, days: Sequence[date], scratch: Path) -> None:
    scratch.mkdir(parents=True)
    for part in source.extract(source.inputs(days), scratch):
        lake.commit(source.name, part, "digest", SCRAPED)
