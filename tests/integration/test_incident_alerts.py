"""Alerts beside pages and conversations: which join an incident and why, and what the others are."""

import hashlib
from typing import Any

import pytest

from tests.incident_estate import Estate, Read, at

Row = dict[str, Any]
GROUP = '{}:{alertname="SearchErrors"}'


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, dict[str, str]]:
    estate, ids = Estate(), {}
    estate.node("a100-05", "09-01 00:00", pod="chat-llm-7d9f8c6b5-x2x4z", namespace="chat")
    key = hashlib.sha256(GROUP.encode()).hexdigest()
    ids["three sources"] = estate.page(
        "PTHREE", "09-01 10:05", "[FIRING:1] search is failing", incident_key=key, incident_number=77, resolved_at="2026-09-01T11:00:00Z"
    )
    estate.thread(
        "platform",
        ("09-01 10:20", "about PD #77: search-embed pods were evicted by a spot reclaim, customers get 503s"),
        ("09-01 10:50", "new nodes are in, recovered at 10:47 UTC"),
    )
    estate.alertmanager("SearchErrors", "09-01 10:01", "09-01 10:48", group_key=GROUP, severity="critical", namespace="search")
    ids["named in a thread"] = estate.thread(
        "chat-oncall",
        ("09-03 09:30", "Users are reporting 500s from chat, GpuMemoryHigh fired. CUDA out of memory on the replicas."),
        ("09-03 09:50", "lowered max-model-len at 09:48 UTC, back to normal"),
    )
    estate.alertmanager("GpuMemoryHigh", "09-03 09:22", "09-03 09:49", node="a100-05", severity="warning")
    estate.firing("GpuMemoryHigh", "09-03 09:22", "09-03 09:49")  # the same firing, seen by Prometheus
    estate.alertmanager("KubePodCrashLooping", "09-03 09:26", None, severity="warning", namespace="chat", text="chat-llm crash looping")
    estate.alertmanager("DiskFilling", "08-01 00:00", None, severity="warning")
    estate.alertmanager("Watchdog", "07-10 00:00", None, severity="none")
    estate.alertmanager("NodeRebooted", "09-10 00:00", "09-10 00:05", severity="info", node="a100-06")
    estate.alertmanager("BackToFront", "09-11 10:00", "09-11 09:00", severity="warning")
    for gpu in "012":
        estate.alertmanager("GpuThermalHigh", "09-12 10:00", "09-12 10:10", severity="warning", node="a100-07", gpu=gpu)
    estate.alertmanager("GpuThermalHigh", "09-12 12:00", "09-12 12:10", severity="warning", node="a100-07", gpu="0")
    return estate.read(tmp_path_factory.mktemp("alerts"), "fct_alerts", "int_checks__customer_incidents_paged"), ids


@pytest.fixture(scope="module")
def alerts(told: tuple[Read, dict[str, str]]) -> dict[str, Row]:
    return {row["alert"]: row for row in told[0].query("select * from fct_alerts order by started_at desc")}


def test_one_incident_has_three_sources(told: tuple[Read, dict[str, str]]) -> None:
    found = told[0].incidents()[told[1]["three sources"]]
    assert found["sources"] == ["alertmanager", "pagerduty", "slack"]
    assert (found["started_at"], found["started_basis"]) == (at("09-01 10:01").replace(tzinfo=None), "alertmanager")


@pytest.mark.parametrize(
    ("alert", "story", "reason"),
    [
        ("SearchErrors", "three sources", "same_alert_key"),
        ("GpuMemoryHigh", "named in a thread", "names_the_alert"),
        ("KubePodCrashLooping", "named in a thread", "same_service_and_time"),
    ],
)
def test_an_alert_joins_with_a_reason(
    told: tuple[Read, dict[str, str]], alerts: dict[str, Row], alert: str, story: str, reason: str
) -> None:
    found = alerts[alert]
    assert (found["incident_id"], found["merge_reason"], found["verdict"]) == (told[1][story], reason, "part_of_incident")


def test_a_firing_that_two_tell_of_is_one(told: tuple[Read, dict[str, str]]) -> None:
    (row,) = told[0].query("select source from fct_alerts where alert = 'GpuMemoryHigh'")
    assert row["source"] == "alertmanager"


@pytest.mark.parametrize(
    ("alert", "verdict"),
    [
        ("DiskFilling", "unattended"),
        ("Watchdog", "heartbeat"),
        ("NodeRebooted", "informational"),
        ("BackToFront", "unattended"),
        ("GpuThermalHigh", "unattended"),
    ],
)
def test_an_alert_that_nobody_acted_on_is_no_incident(alerts: dict[str, Row], alert: str, verdict: str) -> None:
    assert (alerts[alert]["verdict"], alerts[alert]["incident_id"]) == (verdict, None)


def test_nothing_but_the_two_is_an_incident(told: tuple[Read, dict[str, str]]) -> None:
    assert set(told[0].incidents()) == {told[1]["three sources"], told[1]["named in a thread"]}


def test_the_gpus_of_a_node_fire_together_and_hours_later_again(told: tuple[Read, dict[str, str]]) -> None:
    rows = told[0].query("select series, firing_minutes, mode from fct_alerts where alert = 'GpuThermalHigh' order by started_at")
    assert [tuple(row.values()) for row in rows] == [(3, 10.0, "thermal_throttling"), (1, 10.0, "thermal_throttling")]


def test_an_impossible_end_is_flagged_and_unused(alerts: dict[str, Row]) -> None:
    assert (alerts["BackToFront"]["ended_at"], alerts["BackToFront"]["time_problem"]) == (None, "it ends before it starts")


def test_what_customers_saw_and_nobody_was_paged_for_is_a_finding(told: tuple[Read, dict[str, str]]) -> None:
    rows = told[0].query("select subject, ok from int_checks__customer_incidents_paged order by ok")
    assert [tuple(row.values()) for row in rows] == [(told[1]["named in a thread"], False), (told[1]["three sources"], True)]
