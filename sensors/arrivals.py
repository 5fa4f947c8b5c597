"""Sensors that start a run when something arrived: files of a kind of source, and then what the marts are made from."""

from datetime import UTC, datetime

import dagster as dg

from audit_assets.record import is_finished, run_id_of
from sensors.attempts import request, unfinished
from sensors.watched import Watched, arrived

LOOK_EVERY_SECONDS = 60
DAILY = {"billing": "bills", "incidents": "incidents", "metrics": "metric files"}
Answer = dg.RunRequest | dg.SkipReason


def build_arrival_sensors(watched: Watched, ingest_job: str, snapshot_job: str) -> list[dg.SensorDefinition]:
    """One sensor a kind of source."""
    daily = [_arrival_sensor(watched, group, words, ingest_job) for group, words in DAILY.items()]
    return [*daily, _arrival_sensor(watched, "manifests", "manifests", snapshot_job)]


def _arrival_sensor(watched: Watched, group: str, words: str, job: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{group}_arrivals",
        job_name=job,
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"New, changed or removed {words} → a run of {job} for the days that they hold.",
    )
    def arrivals(context: dg.SensorEvaluationContext) -> Answer:
        audit = watched.look_at_lake()
        due = arrived(audit, watched.of_group(group))
        if due is None:
            return dg.SkipReason(f"no {words} changed")
        return request(context, due.key, job, {} if group == "manifests" else due.tags, datetime.now(tz=UTC))

    return arrivals


def build_publish_sensor(watched: Watched, publish_job: str, ingest_jobs: tuple[str, ...]) -> dg.SensorDefinition:
    """Marts and documents follow the lake, the declaration and the code, whoever changed them."""

    @dg.sensor(
        name="publish_when_changed",
        job_name=publish_job,
        minimum_interval_seconds=LOOK_EVERY_SECONDS // 2,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marts and documents that are not made from the present lake, audit.yaml and code → a run that makes them.",
    )
    def publish_when_changed(context: dg.SensorEvaluationContext) -> Answer:
        if unfinished(context.instance, *ingest_jobs):
            return dg.SkipReason("something is being read; publishing waits for it")
        audit = watched.look_at_lake()
        run_id = run_id_of(audit.audit, audit.home)
        if is_finished(audit.home, run_id):
            return dg.SkipReason("marts and documents are up to date")
        return request(context, run_id, publish_job, {}, datetime.now(tz=UTC))

    return publish_when_changed
