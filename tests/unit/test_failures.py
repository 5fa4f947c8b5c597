"""Who is told of a failed run, and what never leaves."""

import json
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import httpx
import pytest
import yaml

from audit_assets.audit import Notification
from sensors.failures import build_failure_sensor, notify
from sensors.watched import Watched

WEBHOOK = "https://hooks.slack.com/services/T0/B0/canary-webhook"
SLACK = Notification(kind="slack", secret="${HOOK}")
PAGER = Notification(kind="pagerduty", secret="${KEY}", region="eu")


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", WEBHOOK)
    monkeypatch.setenv("KEY", "canary-routing-key")


def server(status: int = 202, sent: list[httpx.Request] | None = None) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if sent is not None:
            sent.append(request)
        return httpx.Response(status, headers={"location": "https://elsewhere.example/"}, text="canary-answer")

    return httpx.MockTransport(answer)


def test_both_are_told_what_failed() -> None:
    sent: list[httpx.Request] = []
    assert notify([SLACK, PAGER], "Assay: publish_audit failed", "run-1", server(sent=sent)) == []
    assert str(sent[0].url) == WEBHOOK
    assert json.loads(sent[0].content) == {"text": "Assay: publish_audit failed"}
    assert str(sent[1].url) == "https://events.eu.pagerduty.com/v2/enqueue"
    event = json.loads(sent[1].content)
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == ("canary-routing-key", "trigger", "assay-run-1")
    assert event["payload"] == {"summary": "Assay: publish_audit failed", "source": "assay", "severity": "error"}


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_refusal_keeps_nobody_else_from_being_told_and_shows_no_secret(status: int) -> None:
    sent: list[httpx.Request] = []
    problems = notify([SLACK, PAGER], "x", "run-1", server(status, sent))
    assert len(problems) == 2 and {request.url.host for request in sent} == {"hooks.slack.com", "events.eu.pagerduty.com"}
    assert "canary" not in " ".join(map(str, problems)) and str(status) in str(problems[0])


def test_a_broken_connection_shows_no_secret() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}")

    (problem,) = notify([SLACK], "x", "run-1", httpx.MockTransport(broken))
    assert "canary" not in str(problem) and problem.__cause__ is None


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/services/canary",
        "http://hooks.slack.com/canary",
        "https://a:b@hooks.slack.com/canary",
        "http://[canary",
        "",
    ],
)
def test_a_webhook_elsewhere_is_never_called(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", address)
    sent: list[httpx.Request] = []
    (problem,) = notify([SLACK], "x", "run-1", server(sent=sent))
    assert sent == [] and "canary" not in str(problem) and "HOOK" in str(problem)


def failed_context(run: Callable[[], None], instance: dg.DagsterInstance) -> dg.RunFailureSensorContext:
    @dg.op
    def breaks() -> None:
        run()

    @dg.job
    def ingest_days() -> None:
        breaks()

    result = ingest_days.execute_in_process(instance=instance, raise_on_error=False)
    (event,) = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
    return dg.build_run_status_sensor_context("run_failures", event, instance, result.dagster_run).for_run_failure()


def test_the_sensor_tells_job_run_and_step_and_not_the_error(tmp_path: Path) -> None:
    audit = tmp_path / "audit.yaml"
    audit.write_text(yaml.safe_dump({"version": 1, "audit": {"name": "a"}, "notify": [{"kind": "slack", "secret": "${HOOK}"}]}))

    def leak() -> None:
        raise RuntimeError("token canary-in-the-error")

    sent: list[httpx.Request] = []
    with dg.DagsterInstance.ephemeral() as instance:
        build_failure_sensor(Watched(audit, tmp_path / "home", ()), server(sent=sent))(failed_context(leak, instance))
    (text,) = [json.loads(request.content)["text"] for request in sent]
    assert text.startswith("Assay: ingest_days failed in breaks, run ") and "canary" not in text
