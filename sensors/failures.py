"""Who is told that a run failed: the log always, and what audit.yaml names under `notify`.

A message names the job, the run and the steps, never the error's text: that may hold anything, and the run's page has it.
"""

import dagster as dg
import httpx

from audit_assets.audit import Notification
from audit_assets.errors import AssayError, BadInput
from audit_assets.strict import resolve_secret
from sensors.watched import Watched

SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
PAGERDUTY_HOSTS = {"us": "events.pagerduty.com", "eu": "events.eu.pagerduty.com"}
TIMEOUT_SECONDS = 10.0


class NotTold(AssayError):
    """A notification did not arrive. The message never holds the webhook's address or the key."""


def build_failure_sensor(watched: Watched, transport: httpx.BaseTransport | None = None) -> dg.SensorDefinition:
    """Tell of every failed run of this code location. `transport` is for tests."""

    @dg.run_failure_sensor(
        name="run_failures",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A run failed → the log, and the Slack channels and PagerDuty services under `notify`.",
    )
    def run_failures(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        steps = sorted({event.step_key for event in context.get_step_failure_events() if event.step_key})
        told = f"Assay: {run.job_name} failed" + (f" in {', '.join(steps)}" if steps else "") + f", run {run.run_id}"
        context.log.error(told)
        for problem in notify(watched.look().audit.notify, told, run.run_id, transport):
            context.log.error(str(problem))

    return run_failures


def notify(wanted: list[Notification], told: str, run_id: str, transport: httpx.BaseTransport | None = None) -> list[AssayError]:
    """Send a message everywhere; returns what did not arrive, so that one broken address keeps no other from being told."""
    problems: list[AssayError] = []
    for one in wanted:
        try:
            _send(one.kind, *_message(one, told, run_id), transport)
        except AssayError as problem:
            problems.append(problem)
    return problems


def _message(one: Notification, told: str, run_id: str) -> tuple[str, dict[str, object]]:
    """Address and body. Slack: incoming webhooks. PagerDuty: Events API v2; the run is the key, so that a run has one incident."""
    secret = resolve_secret(one.secret)
    if one.kind == "slack":
        _require_slack(one, secret)
        return secret, {"text": told}
    payload = {"summary": told, "source": "assay", "severity": "error"}
    event: dict[str, object] = {"routing_key": secret, "event_action": "trigger", "dedup_key": f"assay-{run_id}", "payload": payload}
    return f"https://{PAGERDUTY_HOSTS[one.region]}/v2/enqueue", event


def _require_slack(one: Notification, secret: str) -> None:
    try:
        address = httpx.URL(secret)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme != "https" or address.host not in SLACK_HOSTS or address.userinfo:
        hosts = " or ".join(sorted(SLACK_HOSTS))
        raise BadInput(f"notify: {one.secret} is not the https address of a Slack webhook; it must be at {hosts}")


def _send(kind: str, url: str, body: dict[str, object], transport: httpx.BaseTransport | None) -> None:
    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            status = client.post(url, json=body).status_code
    except httpx.HTTPError as problem:
        raise NotTold(f"notify: {kind} was not reached ({type(problem).__name__})") from None
    if status not in (200, 202):
        raise NotTold(f"notify: {kind} answered HTTP {status}; check its secret")
