"""How often a sensor may request the same work: one run at a time, again with growing pauses after a failure, and then no more.

What is due is not remembered here; the lake and the marker of finished runs know. Only attempts are counted, so that a run that fails
for good (an unreadable disk, a broken critical check) is not started for ever.
"""

from datetime import datetime, timedelta

import dagster as dg
from pydantic import BaseModel

ATTEMPTS = 4
FIRST_PAUSE = timedelta(minutes=10)  # doubled after every attempt
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class Attempts(BaseModel):
    """A sensor's cursor: the work last requested, how often in a row, when it may be requested again, and a number for run keys."""

    key: str = ""
    count: int = 0
    again_at: datetime | None = None
    sequence: int = 0


def request(
    context: dg.SensorEvaluationContext,
    key: str,
    job: str,
    tags: dict[str, str],
    now: datetime,
    run_config: dict[str, object] | None = None,
) -> dg.RunRequest | dg.SkipReason:
    """A run of `job` for the work named `key`, or the reason why not now."""
    if unfinished(context.instance, job):
        return dg.SkipReason(f"a run of {job} is under way")
    before = Attempts.model_validate_json(context.cursor) if context.cursor else Attempts()
    count = before.count if before.key == key else 0
    if count >= ATTEMPTS:
        return dg.SkipReason(f"{job} was tried {count} times for the same inputs; see its last run. Other inputs start it again")
    if count and before.again_at and now < before.again_at:
        return dg.SkipReason(f"attempt {count} did not help; the next is due at {before.again_at:%Y-%m-%d %H:%M} UTC")
    after = Attempts(key=key, count=count + 1, again_at=now + FIRST_PAUSE * 2**count, sequence=before.sequence + 1)
    context.update_cursor(after.model_dump_json())
    return dg.RunRequest(run_key=f"{key[:12]}-{after.sequence}", job_name=job, tags=tags)


def unfinished(instance: dg.DagsterInstance, *jobs: str) -> bool:
    """Whether a run of one of the jobs waits or runs. The command line's don't count: runs wait for the lock that it holds."""
    runs = [run for job in jobs for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED))]
    return any("assay/pid" not in run.tags for run in runs)
