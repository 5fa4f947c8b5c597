"""Stories as people tell them, through sources, lake and warehouse: what becomes an incident, when it was, what it was, whom it reached."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.incident_estate import Estate, Read, at

Row = dict[str, Any]


def _paged(estate: Estate, ids: dict[str, str]) -> None:
    estate.node("a100-05", "09-01 00:00", pod="chat-llm-7d9f8c6b5-x2x4z", namespace="chat")
    estate.node("a100-06", "09-01 00:00", pod="search-embed-0", namespace="search")
    notes = [
        ("09-01 14:30", "CUDA out of memory since 14:05 UTC, long prompts after the limit was raised. Customers get 503s."),
        ("09-01 14:52", "Rolled back max-model-len at 14:50 UTC, all replicas healthy again."),
    ]
    ids["vram page"] = estate.page("PVRAM1", "09-01 14:19", "chat-prod: high error rate", notes, resolved_at="2026-09-01T15:30:00Z")
    ids["in both"] = estate.page(
        "PBOTH1", "09-02 10:00", "search-prod: pods Pending", resolved_at="2026-09-02T11:00:00Z", incident_number=4711
    )
    estate.thread(
        "search-team",
        ("09-02 10:08", "search-embed pods are stuck in Pending since 09:40 UTC, the new node pool has another label"),
        ("09-02 10:40", "added the label, pods scheduled, back to normal"),
    )
    ids["mentioned"] = estate.page("PMENT1", "09-03 08:00", "Latency SLO burn", incident_number=4712)
    estate.thread(
        "incidents",
        ("09-03 09:30", "Following up on PD #4712: the H100 nodes were throttling, inlet temperature at 41C after a chiller tripped."),
        ("09-03 09:50", "Chiller reset at 09:44 UTC and clocks recovered at 09:47 UTC."),
    )
    ids["retriggered"] = estate.page(
        "PKEY1", "09-04 01:00", "fraud-train job failed", incident_key="fraud/job", resolved_at="2026-09-04T01:20:00Z"
    )
    estate.page("PKEY2", "09-04 01:50", "fraud-train job failed", incident_key="fraud/job", resolved_at="2026-09-04T02:20:00Z")
    ids["test page"] = estate.page(
        "PTEST1", "09-05 12:00", "Test incident from onboarding", [("09-05 12:01", "this is a test, please ignore")]
    )
    ids["low urgency"] = estate.page("PLOW1", "09-06 12:00", "GPU a100-06: ECC uncorrectable errors, Xid 48", urgency="low")
    ids["impossible"] = estate.page(
        "PTIME1",
        "09-07 10:00",
        "search: schema mismatch in the nightly export",
        [("09-07 10:30", "started at 2026-09-07 10:20 UTC, fixed at 2026-09-07 09:50 UTC")],
        resolved_at="2026-09-07T11:00:00Z",
    )
    ids["alert start"] = estate.page("PALERT1", "09-08 10:10", "GpuMemoryHigh firing for chat-llm on a100-05")
    estate.firing("GpuMemoryHigh", "09-08 10:02", "09-08 10:40")


def _told(estate: Estate, ids: dict[str, str]) -> None:
    ids["slack only"] = estate.thread(
        "chat-oncall",
        (
            "08-10 09:20",
            "Users are reporting 500s from chat since 08:50 UTC. vLLM pods crash on start: undefined symbol after the torch bump.",
        ),
        ("08-10 09:31", "pinned torch back, redeploying"),
        ("08-10 09:45", "rolled back at 09:43 UTC, error rate is back to normal"),
    )
    ids["regression"] = estate.thread(
        "fraud-ml",
        (
            "08-14 11:00",
            "Fraud recall dropped from 0.91 to 0.84, it began 2026-08-11 08:36 UTC with the new checkpoint. Partners are complaining.",
        ),
        ("08-14 13:00", "reverted to the previous model at 12:40 UTC"),
    )
    ids["near miss"] = estate.thread(
        "ml-infra",
        ("08-16 16:00", "KV cache on chat-llm-7d9f8c6b5-x2x4z was at 99% for ten minutes, nearly took the replica down"),
        ("08-16 16:05", "load balancer moved traffic before anyone noticed. No user impact, recovered on its own at 15:55 UTC"),
    )
    first = estate.thread(
        "incidents",
        ("08-18 10:00", "OpenAI API is returning 429 too many requests for docs summaries since 09:50 UTC"),
        ("08-18 10:20", "switched to the fallback provider at 10:18 UTC, recovered"),
        ("08-18 11:00", "Separate issue: fraud training got a null column from the upstream feed, schema changed. Job failed at 10:30 UTC"),
        ("08-18 11:40", "backfilled the column, training is running again, fixed at 11:35 UTC"),
    )
    ids["first of two"], ids["second of two"] = first, f"{first}:2"
    ids["over midnight"] = estate.thread(
        "platform",
        ("08-20 23:40", "a100-06 fell off the bus, Xid 79, search-embed lost a replica. Started 23:31 UTC"),
        ("08-21 00:30", "node drained, hardware ticket open, search is stable again since 00:20 UTC"),
    )
    ids["driver"] = estate.thread(
        "research",
        (
            "08-22 07:00",
            "unattended-upgrade replaced the driver overnight: Failed to initialize NVML: driver/library version mismatch on a100-05."
            " Experiments cannot start since 05:10 UTC",
        ),
        ("08-22 08:10", "rebooted the node at 08:05 UTC, nvidia-smi is fine again"),
    )


def _in_other_styles(estate: Estate, ids: dict[str, str]) -> None:
    ids["template"] = estate.thread(
        "incidents",
        ("07-28 09:20", "🚨 *INCIDENT*: search API down\n*Start time:* 09:12 UTC\n*Impact:* all customers get 503\n*Cause:* CUDA OOM"),
        ("07-28 09:45", "*Status:* mitigated 09:40 UTC, config reverted"),
        ("07-28 10:05", "Resolved 10:00 UTC. RCA to follow"),
    )
    ids["range"] = estate.thread(
        "platform",
        (
            "07-29 14:00",
            "we had a blip on chat between 15:05 and 15:20 CEST, some customer requests failed, pods were evicted by a spot reclaim",
        ),
    )
    ids["timeline"] = estate.thread(
        "search-team",
        (
            "07-30 12:00",
            "Postmortem: search-embed outage 2026-07-30. Timeline (UTC):\n08:02 first errors, nvidia driver does not match the kernel"
            "\n08:15 alert fired\n08:17 acked\n08:50 rolled back the driver\n09:05 resolved",
        ),
    )
    ids["canary"] = estate.thread(
        "ml-eval",
        (
            "07-31 12:00",
            "caught in canary: the new reranker checkpoint drops nDCG by 12%. Rolled back at 11:40 UTC before any customer saw it",
        ),
    )
    ids["weekday"] = estate.thread(
        "search-team",
        (
            "08-05 15:00",
            "Search relevance is worse since Monday 09:00 UTC: nDCG 0.61 → 0.52. Two customers opened tickets. Nobody was paged.",
        ),
        ("08-05 16:00", "traced to reranker v7; rolled back to v6 at 15:40 UTC"),
    )


def _noise(estate: Estate) -> None:
    for place, said in enumerate(
        [
            ("random", "The GPUs are on fire today, someone bring marshmallows 🙃"),
            ("random", "oh great, another CUDA out of memory. I love it when that happens since 9:00"),
            ("ml-infra", "Anyone else getting OOM in their notebook? How do I free the cache?"),
            ("ml-infra", "Heads-up: we will be upgrading the driver on all H100 nodes tomorrow at 09:00 UTC, no impact expected"),
            ("papers", "Interesting post about how a schema change took down Cloudflare for six hours, requests failing everywhere"),
            ("chat-team", "Remember when chat was down for two hours last quarter? Good times"),
            ("general", "lunch is late, everything is broken, I am starving"),
            ("chat-team", "merged the PR that bumps transformers to 4.45"),
            ("search-team", "what if the provider rate-limits us with 429s? should we add a fallback"),
            ("ci", "build 4242 failed, restarted it"),
            ("ml-infra", "my laptop fan is throttling again since 10:00, fixed it with a blanket"),
            ("ml-help", "my experiment crashed with CUDA out of memory at 10:10, restarting with a smaller batch"),
            ("deploys", "deployed chat-llm v1.42 at 10:28 UTC, error rate flat, rolling forward to 100%"),
            ("announcements", "OpenAI had an outage yesterday, interesting post-mortem on their status page"),
            ("incidents", "Game day tomorrow: we'll kill chat pods at 10:00 UTC, expect 503s, customers are informed"),
            ("general", "the coffee machine is down since 8:00, users are complaining"),
        ]
    ):
        estate.thread(said[0], (f"07-{place + 6:02} 10:30", said[1]))
    estate.thread(
        "chat-oncall",
        ("07-25 10:00", "chat is down! error rate 100% since 09:50 UTC, customers must be seeing 500s"),
        ("07-25 10:06", "hm wait"),
        ("07-25 10:07", "false alarm, I was looking at the staging dashboard. Sorry"),
    )
    estate.thread(
        "search-team",
        ("07-26 10:00", "search p95 latency is at 4 s, something is wrong with the pods"),
        ("07-26 10:10", "never mind, that was a load test, all good"),
    )


def _crossings(estate: Estate, ids: dict[str, str]) -> None:
    ids["left alone"] = estate.crossing("a100-05", "2", "09-20 03:00", "09-20 03:20", pod="chat-llm-7d9f8c6b5-x2x4z", namespace="chat")
    estate.crossing("a100-05", "3", "09-20 03:05", "09-20 03:25", pod="chat-llm-7d9f8c6b5-x2x4z", namespace="chat")
    ids["cut by midnight"] = estate.crossing("a100-06", "0", "09-21 23:50", "09-21 23:59")
    estate.crossing("a100-06", "0", "09-22 00:00", "09-22 00:10")
    estate.crossing("a100-05", "0", "09-01 13:55", "09-01 14:30")  # belongs to the page about VRAM on chat


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, dict[str, str]]:
    estate, ids = Estate(), dict[str, str]()
    _paged(estate, ids)
    _told(estate, ids)
    _in_other_styles(estate, ids)
    _noise(estate)
    _crossings(estate, ids)
    return estate.read(tmp_path_factory.mktemp("stories"), "fct_failure_modes", "fct_incident_times"), ids


@pytest.fixture
def incident(told: tuple[Read, dict[str, str]]) -> Callable[[str], Row]:
    found = told[0].incidents()

    def named(story: str) -> Row:
        assert told[1][story] in found, f"{story} is missing"
        return found[told[1][story]]

    return named


def test_nothing_else_is_an_incident(told: tuple[Read, dict[str, str]]) -> None:
    found, expected = set(told[0].incidents()), set(told[1].values()) - {told[1]["test page"]}
    assert found - expected == set()
    assert expected - found == set()


@pytest.mark.parametrize(
    ("story", "mode"),
    [
        ("vram page", "vram_exhaustion"),
        ("in both", "scheduling_failure"),
        ("mentioned", "thermal_throttling"),
        ("low urgency", "hardware_fault"),
        ("impossible", "data_issue"),
        ("alert start", "vram_exhaustion"),
        ("slack only", "dependency_version_mismatch"),
        ("regression", "model_regression"),
        ("near miss", "vram_exhaustion"),
        ("first of two", "upstream_api_issue"),
        ("second of two", "data_issue"),
        ("over midnight", "hardware_fault"),
        ("driver", "driver_kernel_drift"),
        ("left alone", "vram_exhaustion"),
        ("template", "vram_exhaustion"),
        ("range", "scheduling_failure"),
        ("timeline", "driver_kernel_drift"),
        ("canary", "model_regression"),
        ("weekday", "model_regression"),
    ],
)
def test_modes(incident: Callable[[str], Row], story: str, mode: str) -> None:
    found = incident(story)
    assert found["mode"] == mode, found
    assert found["mode_evidence"]


@pytest.mark.parametrize(
    ("story", "started", "detected", "mitigated", "resolved"),
    [
        ("vram page", "09-01 14:05", "09-01 14:19", "09-01 14:50", "09-01 15:30"),
        ("in both", "09-02 09:40", "09-02 10:00", "09-02 10:40", "09-02 11:00"),
        ("mentioned", None, "09-03 08:00", "09-03 09:44", None),
        ("alert start", "09-08 10:02", "09-08 10:10", None, None),
        ("slack only", "08-10 08:50", "08-10 09:20", "08-10 09:43", None),
        ("regression", "08-11 08:36", "08-14 11:00", "08-14 12:40", None),
        ("first of two", "08-18 09:50", "08-18 10:00", "08-18 10:18", None),
        ("second of two", "08-18 10:30", "08-18 11:00", "08-18 11:35", None),
        ("over midnight", "08-20 23:31", "08-20 23:40", "08-21 00:20", None),
        ("driver", "08-22 05:10", "08-22 07:00", "08-22 08:05", None),
        ("template", "07-28 09:12", "07-28 09:20", "07-28 09:40", "07-28 10:00"),
        ("range", "07-29 13:05", "07-29 14:00", "07-29 13:20", None),
        ("timeline", "07-30 08:02", "07-30 08:15", "07-30 08:50", "07-30 09:05"),
        ("canary", None, "07-31 12:00", "07-31 11:40", None),
        ("weekday", "08-03 09:00", "08-05 15:00", "08-05 15:40", None),
        ("left alone", "09-20 03:00", None, None, "09-20 03:25"),
        ("cut by midnight", "09-21 23:50", None, None, "09-22 00:10"),
    ],
)
def test_times(
    incident: Callable[[str], Row], story: str, started: str | None, detected: str | None, mitigated: str | None, resolved: str | None
) -> None:
    found = incident(story)
    expected = [at(moment).replace(tzinfo=None) if moment else None for moment in (started, detected, mitigated, resolved)]
    assert [found[f"{name}_at"] for name in ("started", "detected", "mitigated", "resolved")] == expected


def test_minutes_follow_from_the_times(incident: Callable[[str], Row]) -> None:
    assert incident("vram page")["detection_minutes"] == pytest.approx(14)
    assert incident("vram page")["mitigation_minutes"] == pytest.approx(31)
    assert incident("regression")["detection_minutes"] == pytest.approx(3.1 * 1440, abs=1)
    assert incident("low urgency")["detection_minutes"] is None


def test_impossible_times_empty_their_columns_and_are_listed(told: tuple[Read, dict[str, str]], incident: Callable[[str], Row]) -> None:
    found = incident("impossible")
    assert [found[name] for name in ("started_at", "mitigated_at", "detection_minutes", "mitigation_minutes")] == [None] * 4
    assert found["detected_at"] == at("09-07 10:00").replace(tzinfo=None)
    problems = told[0].query("select column_name, reason from int_incidents__time_problems order by 1")
    assert [tuple(problem.values()) for problem in problems] == [
        ("mitigated_at", "before detected_at"),
        ("started_at", "after detected_at"),
    ]
    shown = told[0].query(
        "select time_name, strftime(value, '%H:%M') as at, is_used, problem from fct_incident_times"
        f" where incident_id = '{told[1]['impossible']}' and not is_used order by time_name"
    )
    assert [tuple(row.values()) for row in shown] == [
        ("mitigated_at", "09:50", False, "before detected_at (2026-09-07 10:00)"),
        ("started_at", "10:20", False, "after detected_at (2026-09-07 10:00)"),
    ]


@pytest.mark.parametrize(
    ("story", "sources", "paged", "near_miss", "visible"),
    [
        ("vram page", ["pagerduty", "prometheus"], True, False, True),
        ("in both", ["pagerduty", "slack"], True, False, None),
        ("mentioned", ["pagerduty", "slack"], True, False, None),
        ("low urgency", ["pagerduty"], False, False, None),
        ("slack only", ["slack"], False, False, True),
        ("regression", ["slack"], False, False, True),
        ("near miss", ["slack"], False, True, False),
        ("left alone", ["prometheus"], False, True, False),
        ("template", ["slack"], False, False, True),
        ("canary", ["slack"], False, True, False),
        ("weekday", ["slack"], False, False, True),
    ],
)
def test_who_knew(
    incident: Callable[[str], Row], story: str, sources: list[str], paged: bool, near_miss: bool, visible: bool | None
) -> None:
    found = incident(story)
    assert (found["sources"], found["paged"], found["is_near_miss"], found["customer_visible"]) == (sources, paged, near_miss, visible)


@pytest.mark.parametrize(
    ("story", "services", "radius"),
    [
        ("vram page", ["chat"], "one_service"),
        ("in both", ["search"], "one_service"),
        ("slack only", ["chat"], "one_service"),
        ("near miss", ["chat"], "one_pod"),
        ("second of two", ["fraud"], "one_service"),
        ("left alone", ["chat"], "one_pod"),
        ("cut by midnight", [], "one_node"),
        ("driver", ["research"], "one_node"),
    ],
)
def test_what_was_reached(incident: Callable[[str], Row], story: str, services: list[str], radius: str) -> None:
    found = incident(story)
    assert (found["services"], found["blast_radius"]) == (services, radius)


def test_every_member_says_why_it_belongs(told: tuple[Read, dict[str, str]]) -> None:
    reasons = {row["member_id"]: row["reason"] for row in told[0].query("select member_id, reason from int_incidents__members")}
    assert reasons["pd:PKEY2"] == "same_incident_key"
    assert all(reasons.values())
    merged = told[0].query("select reason from int_incidents__members where source = 'slack' and incident_id like 'pd:%' order by 1")
    assert [row["reason"] for row in merged] == ["mentions_page", "same_service_mode_and_time"]


def test_modes_are_counted_apart_from_near_misses(told: tuple[Read, dict[str, str]]) -> None:
    modes = {row["mode"]: row for row in told[0].query("select * from fct_failure_modes")}
    assert len(modes) == 10
    assert (modes["vram_exhaustion"]["incidents"], modes["vram_exhaustion"]["near_misses"]) == (3, 3)
    assert modes["vram_exhaustion"]["per_30_days"] == pytest.approx(1.0)
    assert modes["vram_exhaustion"]["unread_sources"] == []
    assert sum(mode["incidents"] for mode in modes.values()) == 17


def test_without_any_readable_source_counts_are_unknown(tmp_path: Path) -> None:
    estate = Estate()
    estate.crossing("a100-05", "2", "09-20 03:00", "09-20 03:20")
    (row, *_) = estate.read(tmp_path, "fct_failure_modes").query("select * from fct_failure_modes where mode = 'vram_exhaustion'")
    # An empty page was read, so zero is measured; the Slack folder held no message and gave nothing.
    assert (row["incidents"], row["near_misses"], row["unread_sources"]) == (0, 1, ["slack"])
