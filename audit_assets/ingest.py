"""How a folder's sources become Dagster assets: one asset for the tables that are written together, partitioned by day or a snapshot.

Not one asset a table: Dagster records two events an asset and day, which made 90 days of 15 tables cost 17 s and of 5 assets 6 s.

What does not belong here: wire formats (the source modules) and what runs the days (days.py).
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from audit_assets import progress
from audit_assets.days import DayDone, plan, report_current, run_plans
from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.freshness import fresh_spec, freshness_result
from audit_assets.lake import Lake
from audit_assets.partitions import Window
from audit_assets.resources import AuditResource
from audit_assets.source import Source
from audit_assets.tables import Table

warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*backfill_policy.*")
OWNERS = ["team:data-platform"]
SourcesOf = Callable[[AuditResource], list[Source]]


@dataclass(frozen=True)
class Ingestion:
    """Tables that are written together, as one asset. `upstream` names the asset that they are reduced from."""

    name: str
    group: str
    description: str
    tables: tuple[Table, ...]
    sources: SourcesOf
    kinds: frozenset[str]
    upstream: str | None = None

    @property
    def snapshot(self) -> bool:
        """Whether it has one partition, the window's last day."""
        return all(table.snapshot for table in self.tables)


def lake_key(name: str) -> dg.AssetKey:
    """The asset of tables in the lake."""
    return dg.AssetKey(["lake", name])


def daily_partitions(window: Window, moving: bool = False) -> dg.DailyPartitionsDefinition:
    """One partition a UTC day of the window. `moving`: its end is not declared, so that there is one more every midnight."""
    after = None if moving else date.fromordinal(window.end.toordinal() + 1).isoformat()
    return dg.DailyPartitionsDefinition(start_date=window.start.isoformat(), end_date=after, timezone="UTC")


def ingestion_assets(ingestion: Ingestion, window: Window, moving: bool = False) -> dg.AssetsDefinition:
    """The assets of one group. A range of days is one run; each day is committed by itself and can be resumed."""

    @dg.asset(
        key=lake_key(ingestion.name),
        deps=[lake_key(ingestion.upstream)] if ingestion.upstream else [],
        group_name=ingestion.group,
        description=ingestion.description,
        kinds=set(ingestion.kinds),
        owners=OWNERS,
        metadata={"dagster/column_schema": column_schema(ingestion.tables)},
        partitions_def=None if ingestion.snapshot else daily_partitions(window, moving),
        backfill_policy=None if ingestion.snapshot else dg.BackfillPolicy.single_run(),
        check_specs=[fresh_spec(lake_key(ingestion.name))],
    )
    def ingest(context: dg.AssetExecutionContext, audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        days = [window.end] if ingestion.snapshot else [date.fromisoformat(key) for key in context.partition_keys]
        sources = wanted_sources(ingestion, audit)
        with audit.home.writing():
            for problem in ingest_days(sources, days, audit):
                context.log.warning(str(problem))
        return dg.MaterializeResult(
            metadata=_measured(audit.home.lake, sources, ingestion.tables, days),
            check_results=[freshness_result(audit.home.lake, [one.name for one in ingestion.sources(audit)], ingestion.tables, window)],
        )

    return ingest


def pending(ingestions: Iterable[Ingestion], audit: AuditResource, days: Window, instance: dg.DagsterInstance) -> Window | None:
    """The shortest range with every day whose inputs changed, or that Dagster has not seen; None when all is current.

    It takes in the day after, too: what is reduced from a day carries on from the day before. The days around it are told as current.
    """
    found: set[date] = set()
    for one in ingestions:
        found |= set(days) - _seen(one, days, instance)
        for source in wanted_sources(one, audit):
            planned = plan(source, audit.home.lake, list(days), audit.fresh, audit.look_back_days)
            found |= set(days if isinstance(planned.problem, SourceUnavailable) else planned.todo)  # the run then says what the problem is
    after = max(found, default=days.end).toordinal() + 1
    return Window(min(found), min(days.end, date.fromordinal(after))) if found else None


def _seen(ingestion: Ingestion, days: Window, instance: dg.DagsterInstance) -> set[date]:
    """The days that Dagster has a materialisation of."""
    if ingestion.snapshot:
        return set(days) if instance.get_latest_materialization_event(lake_key(ingestion.name)) else set()
    known = instance.get_materialized_partitions(lake_key(ingestion.name))
    return {day for day in days if day.isoformat() in known}


def tell_current(ingestions: Iterable[Ingestion], audit: AuditResource, days: Sequence[date]) -> None:
    """Let progress displays count days that no job looks at."""
    for one in ingestions:
        for source in wanted_sources(one, audit):
            progress.say(progress.Planned(source.name, len(days)))
            report_current(source, days, audit.home.lake, _tell)


def wanted_sources(ingestion: Ingestion, audit: AuditResource) -> list[Source]:
    """The sources of the audit that `--only` lets run."""
    return [source for source in ingestion.sources(audit) if audit.wants(ingestion.group, source.name)]


def ingest_days(sources: Sequence[Source], days: Sequence[date], audit: AuditResource) -> list[SourceRejected]:
    """Bring the days of some sources up to date. Refused inputs are returned; an unavailable source raises after the others are done."""
    lake = audit.home.lake
    plans = []
    for source in sources:
        progress.say(progress.Planned(source.name, len(days)))
        plans.append(plan(source, lake, days, audit.fresh, audit.look_back_days))
    problems = run_plans(plans, lake, audit.home.scratch, _tell)
    unavailable = [problem for problem in problems if not isinstance(problem, SourceRejected)]
    if unavailable:
        raise AssayError("; ".join(sorted({str(problem) for problem in unavailable})))
    return [problem for problem in problems if isinstance(problem, SourceRejected)]


def _tell(done: DayDone) -> None:
    progress.say(done)


def column_schema(tables: Sequence[Table]) -> dg.TableSchema:
    """The columns of one table, or of several with the table's name before each."""
    named = [(column.name if len(tables) == 1 else f"{table.name}.{column.name}", column) for table in tables for column in table.columns]
    return dg.TableSchema(columns=[dg.TableColumn(name, str(c.type), description=c.description) for name, c in named])


def _measured(lake: Lake, sources: Sequence[Source], tables: Sequence[Table], days: Sequence[date]) -> dict[str, float | int]:
    manifests = [m for table in tables for source in sources for _, m in lake.committed(source.name, table, days)]
    with_rows = {manifest.day for manifest in manifests if manifest.rows_loaded}
    return {
        "dagster/row_count": sum(manifest.rows_loaded for manifest in manifests),
        "rows_in": sum(manifest.rows_in for manifest in manifests),
        "rows_quarantined": sum(manifest.rows_quarantined for manifest in manifests),
        "bytes": sum(manifest.bytes for manifest in manifests),
        "days": len(days),
        "day_coverage": len(with_rows) / len(days),
        **{f"rows/{t.name}": sum(m.rows_loaded for m in manifests if m.table == t.name) for t in tables},
    }
