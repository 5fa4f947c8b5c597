"""How a folder's sources become Dagster assets: one asset a lake table, partitioned by day or a snapshot.

What does not belong here: wire formats (the source modules) and what runs the days (days.py).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg
import pyarrow as pa

from audit_assets import progress
from audit_assets.days import DayDone, plan, run_plans
from audit_assets.errors import AssayError, SourceRejected
from audit_assets.lake import Lake
from audit_assets.partitions import Window
from audit_assets.resources import AuditResource
from audit_assets.source import Source
from audit_assets.tables import Table

OWNERS = ["team:data-platform"]
SourcesOf = Callable[[AuditResource], list[Source]]


@dataclass(frozen=True)
class Ingestion:
    """Tables that a group of sources writes. `upstream` are tables that they are reduced from."""

    group: str
    tables: tuple[Table, ...]
    sources: SourcesOf
    kinds: frozenset[str]
    upstream: tuple[Table, ...] = ()


def table_key(table: Table) -> dg.AssetKey:
    """The asset of a lake table; equal to dbt's key for the source."""
    return dg.AssetKey(["lake", table.name])


def daily_partitions(window: Window) -> dg.DailyPartitionsDefinition:
    """One partition a UTC day of the window."""
    after = date.fromordinal(window.end.toordinal() + 1)
    return dg.DailyPartitionsDefinition(
        start_date=window.start.isoformat(), end_date=after.isoformat(), timezone="UTC"
    )


def ingestion_assets(ingestion: Ingestion, window: Window) -> dg.AssetsDefinition:
    """The assets of one group. A range of days is one run; each day is committed by itself and can be resumed."""
    snapshot = all(table.snapshot for table in ingestion.tables)
    days = [window.end]

    @dg.multi_asset(
        name=f"ingest_{ingestion.tables[0].kind}_{ingestion.tables[0].name}",
        specs=[_spec(ingestion, table) for table in ingestion.tables],
        partitions_def=None if snapshot else daily_partitions(window),
        backfill_policy=None if snapshot else dg.BackfillPolicy.single_run(),
    )
    def ingest(context: dg.AssetExecutionContext, audit: AuditResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        wanted = days if snapshot else [date.fromisoformat(key) for key in context.partition_keys]
        sources = [source for source in ingestion.sources(audit) if audit.wants(ingestion.group, source.name)]
        with audit.home.writing():
            for problem in ingest_days(sources, wanted, audit):
                context.log.warning(str(problem))
        for table in ingestion.tables:
            yield dg.MaterializeResult(
                asset_key=table_key(table), metadata=_measured(audit.home.lake, sources, table, wanted)
            )

    return ingest


def ingest_days(
    sources: Sequence[Source], days: Sequence[date], audit: AuditResource
) -> list[SourceRejected]:
    """Bring the days of some sources up to date. Refused inputs are returned; an unavailable source raises after the others are done."""
    lake = audit.home.lake
    plans = []
    for source in sources:
        progress.say(progress.Planned(source.name, len(days)))
        plans.append(plan(source, lake, days, audit.fresh))
    problems = run_plans(plans, lake, audit.home.scratch, _tell)
    unavailable = [problem for problem in problems if not isinstance(problem, SourceRejected)]
    if unavailable:
        raise AssayError("; ".join(sorted({str(problem) for problem in unavailable})))
    return [problem for problem in problems if isinstance(problem, SourceRejected)]


def _tell(done: DayDone) -> None:
    progress.say(done)


def _spec(ingestion: Ingestion, table: Table) -> dg.AssetSpec:
    schema = dg.TableSchema(
        columns=[dg.TableColumn(c.name, str(c.type), description=c.description) for c in table.columns]
    )
    return dg.AssetSpec(
        table_key(table),
        deps=[table_key(upstream) for upstream in ingestion.upstream],
        group_name=ingestion.group,
        description=table.description,
        kinds=set(ingestion.kinds),
        owners=OWNERS,
        metadata={"dagster/column_schema": schema},
    )


def _measured(
    lake: Lake, sources: Sequence[Source], table: Table, days: Sequence[date]
) -> dict[str, float | int]:
    manifests = [manifest for source in sources for _, manifest in lake.committed(source.name, table, days)]
    with_rows = {manifest.day for manifest in manifests if manifest.rows_loaded}
    return {
        "dagster/row_count": sum(manifest.rows_loaded for manifest in manifests),
        "rows_in": sum(manifest.rows_in for manifest in manifests),
        "rows_quarantined": sum(manifest.rows_quarantined for manifest in manifests),
        "bytes": sum(manifest.bytes for manifest in manifests),
        "days": len(days),
        "day_coverage": len(with_rows) / len(days),
    }


def rows_metadata(rows: pa.Table) -> dict[str, int]:
    """Numeric metadata of a small table."""
    return {"dagster/row_count": rows.num_rows, "bytes": rows.nbytes}
