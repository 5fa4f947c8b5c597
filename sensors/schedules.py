"""The daily refresh, at the time and in the zone that audit.yaml names: days nobody looked at yet, and live sources' newest days again."""

import dagster as dg

from sensors.attempts import unfinished
from sensors.watched import Watched, outdated


def build_schedules(watched: Watched, ingest_job: str, snapshot_job: str) -> list[dg.ScheduleDefinition]:
    """One schedule for the days and one for the snapshots; publishing follows by its own sensor."""
    refresh = watched.look().audit.refresh
    hour, minute = refresh.at.split(":")
    cron = f"{int(minute)} {int(hour)} * * *"

    @dg.schedule(
        name="daily_refresh",
        job_name=ingest_job,
        cron_schedule=cron,
        execution_timezone=refresh.zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads every day that is not up to date, and asks live sources again for their newest days.",
    )
    def daily_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if unfinished(context.instance, ingest_job):
            return dg.SkipReason(f"a run of {ingest_job} is under way")
        audit = watched.look_at_lake()
        due = outdated(audit, [one for one in watched.ingestions if not one.snapshot])
        if due is None:
            return dg.SkipReason("every day is up to date")
        return dg.RunRequest(run_key=_at(context), tags=due.tags)

    @dg.schedule(
        name="daily_snapshots",
        job_name=snapshot_job,
        cron_schedule=cron,
        execution_timezone=refresh.zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads what is declared to run, and audit.yaml.",
    )
    def daily_snapshots(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if unfinished(context.instance, snapshot_job):
            return dg.SkipReason(f"a run of {snapshot_job} is under way")
        return dg.RunRequest(run_key=_at(context))

    return [daily_refresh, daily_snapshots]


def _at(context: dg.ScheduleEvaluationContext) -> str:
    return context.scheduled_execution_time.isoformat()
