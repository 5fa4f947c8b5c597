"""Schedules and sensors, each evaluated once: what they request, and when they keep still."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from audit_assets.definitions import INGEST_JOB, INGESTIONS, PUBLISH_JOB, SNAPSHOT_JOB, build_defs
from audit_assets.freshness import freshness_result
from audit_assets.home import Home
from audit_assets.ingest import ingest_days, lake_key
from audit_assets.record import begin, finish
from sensors.arrivals import build_arrival_sensors, build_publish_sensor
from sensors.attempts import ATTEMPTS, Attempts, request
from sensors.schedules import build_schedules
from sensors.watched import Watched, arrived, outdated

END = date(2026, 3, 4)
HEADER = "BilledCost,EffectiveCost,ListCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ResourceId,ServiceName,ServiceCategory,ProviderName,BillingAccountId,PricingCategory,RegionId,SkuId,Tags"  # noqa: E501


def bill(path: Path, day: date, cost: float = 10.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    after = day + timedelta(days=1)
    row = f"{cost},{cost},{cost},USD,{day}T00:00:00Z,{after}T00:00:00Z,Usage,i-1,EC2,Compute,AWS,1,Standard,eu-west-1,sku,{{}}"
    path.write_text(f"{HEADER}\n{row}\n")


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    declared = {
        "version": 1,
        "audit": {"name": "a", "window": {"days": 3, "end": END}},
        "sources": {"billing": [{"name": "aws", "kind": "focus", "uri": "billing/"}]},
        "refresh": {"at": "05:07", "zone": "Europe/Berlin"},
    }
    (tmp_path / "billing").mkdir()
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(declared))
    bill(tmp_path / "billing" / "2.csv", END - timedelta(days=2))
    return Watched(tmp_path / "audit.yaml", tmp_path / "home", INGESTIONS)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def sensor(watched: Watched, name: str) -> dg.SensorDefinition:
    made = [
        *build_arrival_sensors(watched, INGEST_JOB, SNAPSHOT_JOB),
        build_publish_sensor(watched, PUBLISH_JOB, (INGEST_JOB, SNAPSHOT_JOB)),
    ]
    return next(one for one in made if one.name == name)


def tick(watched: Watched, name: str, instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[Any, str | None]:
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    return sensor(watched, name).evaluate_tick(context), context.cursor


def ingest(watched: Watched) -> None:
    """What the requested run does."""
    audit = watched.look()
    (billing,) = watched.of_group("billing")
    assert not ingest_days(billing.sources(audit), list(audit.audit.window), audit)


def test_a_new_bill_is_requested_for_its_days_and_no_others(watched: Watched, instance: dg.DagsterInstance) -> None:
    data, _ = tick(watched, "billing_arrivals", instance)
    (asked,) = data.run_requests or []
    assert asked.tags["dagster/asset_partition_range_start"] == "2026-03-02"
    assert asked.tags["dagster/asset_partition_range_end"] == "2026-03-03"  # the day after carries on from it
    assert asked.run_key


def test_nothing_is_requested_once_the_day_is_committed_and_a_restated_bill_is(watched: Watched, instance: dg.DagsterInstance) -> None:
    ingest(watched)
    data, _ = tick(watched, "billing_arrivals", instance)
    assert not data.run_requests
    assert data.skip_message == "no bills changed"
    bill(watched.audit_path.parent / "billing" / "2.csv", END - timedelta(days=2), cost=99.5)
    data, _ = tick(watched, "billing_arrivals", instance)
    assert (data.run_requests or [])[0].tags["dagster/asset_partition_range_start"] == "2026-03-02"


def test_a_bill_that_was_taken_away_is_a_change(watched: Watched, instance: dg.DagsterInstance) -> None:
    ingest(watched)
    (watched.audit_path.parent / "billing" / "2.csv").unlink()
    data, _ = tick(watched, "billing_arrivals", instance)
    assert data.run_requests


def test_looking_writes_nothing_to_the_lake(watched: Watched, instance: dg.DagsterInstance) -> None:
    (watched.audit_path.parent / "billing" / "bad.csv").write_text("not,a,bill\n1,2,3\n")
    tick(watched, "billing_arrivals", instance)
    lake = Home(watched.home_path).lake.root
    assert [path for path in lake.rglob("*") if path.is_file()] == []


def test_a_failed_run_is_tried_again_later_and_not_for_ever(instance: dg.DagsterInstance) -> None:
    now, cursor, keys = datetime(2026, 3, 4, tzinfo=UTC), None, []
    for _ in range(100):  # ten minutes each: nothing ever helps
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        asked = request(context, "k" * 64, "job", {}, now)
        cursor = context.cursor
        if isinstance(asked, dg.RunRequest):
            keys.append(asked.run_key)
        now += timedelta(minutes=10)
    assert len(keys) == len(set(keys)) == ATTEMPTS
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    assert isinstance(request(context, "other", "job", {}, now), dg.RunRequest)


def test_the_pause_grows(instance: dg.DagsterInstance) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    context = dg.build_sensor_context(instance=instance)
    assert isinstance(request(context, "k", "job", {}, now), dg.RunRequest)
    assert isinstance(request(context, "k", "job", {}, now + timedelta(minutes=9)), dg.SkipReason)
    assert isinstance(request(context, "k", "job", {}, now + timedelta(minutes=10)), dg.RunRequest)
    assert isinstance(request(context, "k", "job", {}, now + timedelta(minutes=29)), dg.SkipReason)


def test_inputs_that_come_back_get_a_run_key_of_their_own(instance: dg.DagsterInstance) -> None:
    now, keys, cursor = datetime(2026, 3, 4, tzinfo=UTC), [], None
    for key in ("a", "b", "a"):
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        asked = request(context, key, "job", {}, now)
        assert isinstance(asked, dg.RunRequest)
        keys.append(asked.run_key)
        cursor = context.cursor
    assert len(set(keys)) == 3


@pytest.mark.parametrize("tags, quiet", [({}, True), ({"assay/pid": "1"}, False)])
def test_one_run_is_in_flight(watched: Watched, instance: dg.DagsterInstance, tags: dict[str, str], quiet: bool) -> None:
    run = dg.DagsterRun(job_name=INGEST_JOB, run_id="00000000-0000-0000-0000-000000000001", status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.add_run(run)
    data, cursor = tick(watched, "billing_arrivals", instance)
    assert bool(data.skip_message) is quiet
    assert (cursor is None) is quiet  # not counted as an attempt


def test_publishing_follows_the_lake_and_the_declaration_and_waits_for_reading(watched: Watched, instance: dg.DagsterInstance) -> None:
    audit = watched.look()
    asked, cursor = tick(watched, "publish_when_changed", instance)
    assert asked.run_requests
    begin(audit.audit, audit.home)
    finish(audit.audit, audit.home)
    audit.home.marts.touch()
    assert not tick(watched, "publish_when_changed", instance)[0].run_requests
    ingest(watched)
    assert tick(watched, "publish_when_changed", instance, cursor)[0].run_requests
    instance.add_run(
        dg.DagsterRun(job_name=SNAPSHOT_JOB, run_id="00000000-0000-0000-0000-000000000002", status=dg.DagsterRunStatus.STARTING)
    )
    waiting, _ = tick(watched, "publish_when_changed", instance, cursor)
    assert not waiting.run_requests and "being read" in (waiting.skip_message or "")


def test_marts_are_not_made_from_the_time_of_the_refresh(watched: Watched, instance: dg.DagsterInstance) -> None:
    audit = watched.look()
    begin(audit.audit, audit.home)
    finish(audit.audit, audit.home)
    audit.home.marts.touch()
    declared = yaml.safe_load(watched.audit_path.read_text())
    declared["refresh"]["at"] = "07:00"
    watched.audit_path.write_text(yaml.safe_dump(declared))
    assert not tick(watched, "publish_when_changed", instance)[0].run_requests


def test_the_schedule_is_at_the_declared_time_and_reads_what_was_never_looked_at(watched: Watched) -> None:
    refresh, snapshots = build_schedules(watched, INGEST_JOB, SNAPSHOT_JOB)
    assert (refresh.cron_schedule, refresh.execution_timezone) == ("7 5 * * *", "Europe/Berlin")
    with dg.instance_for_test() as stored:
        context = dg.build_schedule_context(instance=stored, scheduled_execution_time=datetime(2026, 3, 5, 4, 7, tzinfo=UTC))
        (asked,) = refresh.evaluate_tick(context).run_requests or []
        assert asked.tags["dagster/asset_partition_range_end"] == "2026-03-04"
        ingest(watched)
        assert refresh.evaluate_tick(context).skip_message == "every day is up to date"
        assert snapshots.evaluate_tick(context).run_requests


def test_arrivals_leave_days_that_nobody_delivered_to_the_schedule(watched: Watched) -> None:
    audit = watched.look()
    there, due = arrived(audit, INGESTIONS), outdated(audit, [one for one in INGESTIONS if not one.snapshot])
    assert there and due
    assert (there.days.end, due.days.end) == (date(2026, 3, 3), END)


def test_freshness_tells_silent_from_quiet_and_looks_at_the_newest_day(watched: Watched) -> None:
    folder, audit = watched.audit_path.parent / "billing", watched.look()
    (billing,) = watched.of_group("billing")

    def state() -> tuple[bool, object]:
        result = freshness_result(audit.home.lake, ["aws"], billing.tables, audit.audit.window)
        return result.passed, result.metadata["state/aws"].value

    assert state() == (False, "not_read")
    ingest(watched)
    assert state() == (False, "silent")  # reading an old day made nothing fresh
    bill(folder / "4.csv", END)
    ingest(watched)
    assert state() == (True, "speaks")


def test_the_partitions_of_a_moving_window_grow(watched: Watched) -> None:
    declared = yaml.safe_load(watched.audit_path.read_text())
    (billing,) = watched.of_group("billing")
    for end, grows in ((END, False), (None, True)):
        declared["audit"]["window"] = {"days": 3, "end": end} if end else {"days": 3}
        watched.audit_path.write_text(yaml.safe_dump(declared))
        asset = build_defs(watched.audit_path, watched.home_path).resolve_assets_def(lake_key(billing.name))
        assert isinstance(asset.partitions_def, dg.DailyPartitionsDefinition)
        assert (asset.partitions_def.end is None) is grows


def test_attempts_survive_a_cursor(instance: dg.DagsterInstance) -> None:
    context = dg.build_sensor_context(instance=instance)
    request(context, "k", "job", {}, datetime(2026, 3, 4, tzinfo=UTC))
    assert Attempts.model_validate_json(context.cursor or "").count == 1
