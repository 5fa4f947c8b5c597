"""The event log with files kept open holds what Dagster's own holds, for whoever else reads and writes it."""

import shutil
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

from audit_assets.event_log import EventLog
from audit_assets.home import Home
from audit_assets.run import dagster_instance


@dg.asset(check_specs=[dg.AssetCheckSpec("holds", asset="table")])
def table() -> dg.MaterializeResult:  # type: ignore[type-arg]
    """An asset with a check."""
    return dg.MaterializeResult(metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True)])


def run(instance: dg.DagsterInstance) -> str:
    """Materialise the asset; → the run's id."""
    return dg.materialize([table], instance=instance).run_id


def kinds(log: SqliteEventLogStorage, run_id: str) -> list[str]:
    """The events of a run."""
    return [entry.dagster_event.event_type_value for entry in log.get_logs_for_run(run_id) if entry.dagster_event]


def test_dagsters_own_log_reads_the_same_events(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    with dagster_instance(home) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        ours = {run_id: kinds(instance.event_log_storage, run_id) for run_id in (run(instance), run(instance))}
    own = SqliteEventLogStorage(str(home.dagster / "history" / "runs"))
    assert {run_id: kinds(own, run_id) for run_id in ours} == ours
    assert all({"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_SUCCESS"} <= set(events) for events in ours.values())


def test_two_that_are_open_at_once_see_what_the_other_wrote(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    with dagster_instance(home) as one, dagster_instance(home) as other:
        runs = [run(one), run(other), run(one)]
        for instance in (one, other):
            assert [kinds(instance.event_log_storage, run_id)[-1] for run_id in runs] == ["PIPELINE_SUCCESS"] * 3
            newest = instance.get_latest_materialization_event(table.key)
            assert newest is not None and newest.run_id == runs[-1]


def test_a_home_that_was_moved_keeps_its_history_and_leaves_the_old_place_alone(tmp_path: Path) -> None:
    old, new = Home(tmp_path / "old").prepare(), tmp_path / "new"
    with dagster_instance(old) as instance:
        first = run(instance)
    shutil.copytree(old.root, new)
    before = sorted(old.dagster.rglob("*"))
    with dagster_instance(Home(new)) as instance:
        second = run(instance)
        assert {one.run_id for one in instance.get_runs()} == {first, second}
        assert kinds(instance.event_log_storage, first)[-1] == "PIPELINE_SUCCESS"
    assert sorted(old.dagster.rglob("*")) == before
    assert not list(new.rglob("*-wal")), "files are closed"
