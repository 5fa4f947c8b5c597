"""Running an audit from the command line: the same jobs as in the UI, in this process, on the same instance.

Resumable by construction: days whose inputs did not change are skipped, and marts and documents are left alone when nothing they are
made from (the lake, the declaration, the code) changed since they were last finished.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg

from audit_assets.audit import Audit, load_audit
from audit_assets.days import close_workers
from audit_assets.definitions import INGEST_JOB, INGESTIONS, PUBLISH_JOB, SNAPSHOT_JOB, build_defs
from audit_assets.errors import AssayError, BadInput, PublishRefused
from audit_assets.home import PATIENCE_SECONDS, Home
from audit_assets.ingest import pending, tell_current
from audit_assets.lake import write_atomically
from audit_assets.partitions import Window
from audit_assets.record import is_finished, run_id_of
from audit_assets.resources import AuditResource
from audit_assets.source import Rejection
from audit_assets.warehouse.mount import days_of, sources_of
from audit_assets.warehouse.tables import LAKE_TABLES

RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
CLI_TAG = "assay/pid"
_INSTANCE = """# A run waits for the one before it; a run that is lost is closed, and so never blocks the next.
telemetry:
  enabled: false
nux:
  enabled: false
event_log_storage:
  module: audit_assets.event_log
  class: EventLog
concurrency:
  pools:
    granularity: run
    default_limit: 1
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
  start_timeout_seconds: 600
  max_runtime_seconds: 14400
"""


@dataclass(frozen=True)
class RunRequest:
    """What to run: days within the window, which sources, and whether to redo what is current."""

    audit_path: Path
    home_path: Path
    days: Window | None = None
    only: tuple[str, ...] = ()
    fresh: bool = False
    lake_only: bool = False


@dataclass(frozen=True)
class RunReport:
    """What a run did."""

    run_id: str
    window: Window
    unchanged: bool
    rejected: list[tuple[str, Rejection]] = field(default_factory=list)
    quarantined: int = 0
    gates: dict[str, bool] = field(default_factory=dict)


def run_audit(request: RunRequest) -> RunReport:
    """Bring lake, marts and documents up to date. Raises AssayError; then the last good marts and documents are still in place."""
    audit = load_audit(request.audit_path)
    home = Home(request.home_path.resolve(), audit.lake).prepare()
    with home.writing(PATIENCE_SECONDS if audit.lake else 0.0):
        _tidy(home)
        resource = _resource(request, home)
        definitions = build_defs(request.audit_path.resolve(), home.root, {"audit": resource})
        with dagster_instance(home) as instance:
            _ingest(definitions, instance, resource, request.days or audit.window)
            run_id = run_id_of(audit, home)
            unchanged = request.lake_only or (not request.fresh and is_finished(home, run_id))
            if not unchanged:
                _execute(definitions, PUBLISH_JOB, instance, {})
                _require_published(home, run_id)
    return RunReport(run_id, audit.window, unchanged, rejections(audit, home), quarantined(audit, home))


def rejections(audit: Audit, home: Home) -> list[tuple[str, Rejection]]:
    """The inputs that each source refused whole."""
    return [(name, refused) for name in source_names(audit) for refused in home.lake.rejections(name)]


def quarantined(audit: Audit, home: Home) -> int:
    """Rows of the window that were set aside."""
    return sum(
        manifest.rows_quarantined
        for table in LAKE_TABLES
        for source in sources_of(audit, table)
        for _, manifest in home.lake.committed(source, table, days_of(audit, table))
    )


def source_names(audit: Audit) -> list[str]:
    """Names of all sources, in the order of audit.yaml."""
    return [source.name for source in audit.sources.every]


@contextlib.contextmanager
def dagster_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance that the command line and the UI share; runs left over by a killed process are closed."""
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        write_atomically(config, _INSTANCE.encode())
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
        for run in instance.get_runs(unfinished):
            if CLI_TAG in run.tags:
                instance.report_run_failed(run, "the process of this run was killed; a later run resumed it")
        yield instance


def _resource(request: RunRequest, home: Home) -> AuditResource:
    return AuditResource(
        audit_path=str(request.audit_path.resolve()),
        home_path=str(home.root),
        fresh=request.fresh,
        only=list(request.only),
    )


def _ingest(defs: dg.Definitions, instance: dg.DagsterInstance, resource: AuditResource, days: Window) -> None:
    daily, snapshots = ([one for one in INGESTIONS if one.snapshot is snapshot] for snapshot in (False, True))
    last = resource.audit.window.end
    for job, ingestions, wanted in ((INGEST_JOB, daily, days), (SNAPSHOT_JOB, snapshots, Window(last, last))):
        todo = pending(ingestions, resource, wanted, instance)
        tell_current(ingestions, resource, [day for day in wanted if todo is None or day not in todo])
        if todo:
            _execute(defs, job, instance, _range_tags(todo) if job == INGEST_JOB else {})
    close_workers()


def _execute(defs: dg.Definitions, job: str, instance: dg.DagsterInstance, tags: dict[str, str]) -> None:
    console = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with _quiet():
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance,
            tags={**tags, CLI_TAG: str(os.getpid())},
            raise_on_error=False,
            run_config=console,
        )
    if not result.success:
        raise _failure(result)


def _require_published(home: Home, run_id: str) -> None:
    """Dagster calls a run successful whose steps it skipped because an asset before them said nothing."""
    if not is_finished(home, run_id):
        raise AssayError("steps of the run were skipped and nothing was published; the last good marts and documents stay; see `make dev`")


def _failure(result: dg.ExecuteInProcessResult) -> AssayError:
    failed = [event for event in result.all_events if event.is_step_failure]
    blocked = [
        event.asset_check_evaluation_data.check_name
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and not event.asset_check_evaluation_data.passed
        and event.asset_check_evaluation_data.severity == dg.AssetCheckSeverity.ERROR
    ]
    if blocked:
        return PublishRefused(f"critical checks failed: {', '.join(sorted(blocked))}; the last good marts and documents stay")
    messages = []
    for event in failed:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        messages.append(f"{event.step_key}: {error.message.strip() if error else 'failed'}")
    return AssayError("; ".join(messages) or "the run failed without a message; see `assay serve` or `make dev`")


def _range_tags(days: Window) -> dict[str, str]:
    return dict(zip(RANGE_TAGS, (days.start.isoformat(), days.end.isoformat()), strict=True))


def _tidy(home: Home) -> None:
    shutil.rmtree(home.scratch)
    home.scratch.mkdir()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """dbt and Dagster talk to stdout; their words go to the run's logs, the terminal is for the progress display."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def known_sources(names: Sequence[str], audit: Audit) -> tuple[str, ...]:
    """Check the names given to --only. Raises BadInput."""
    known = {*source_names(audit), *(one.group for one in INGESTIONS)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise BadInput(f"--only {', '.join(unknown)}: no such source or group; there are {', '.join(sorted(known))}")
    return tuple(names)


def requested_days(window: Window, days: int | None, start: date | None, end: date | None) -> Window:
    """The part of the window that `--days` or `--from/--to` name. Raises BadInput when it lies outside."""
    chosen_end = end or window.end
    chosen_start = start or (Window.ending(chosen_end, days).start if days else window.start)
    if chosen_start > chosen_end or chosen_start < window.start or chosen_end > window.end:
        raise BadInput(f"{chosen_start}..{chosen_end} is not inside the audited window {window.start}..{window.end}")
    return Window(chosen_start, chosen_end)
