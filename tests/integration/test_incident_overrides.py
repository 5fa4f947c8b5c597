"""What people declare of incidents wins, is shown as declared, and an id that nothing has is a finding."""

from typing import Any

import pytest

from tests.incident_estate import Estate, Read, at

Row = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, dict[str, str]]:
    estate, ids = Estate(), {}
    notes = [("09-01 14:30", "CUDA out of memory since 14:05 UTC"), ("09-01 14:52", "rolled back at 14:50 UTC")]
    ids["corrected"] = estate.page("PONE", "09-01 14:19", "chat-prod: errors", notes, resolved_at="2026-09-01T15:30:00Z")
    ids["merged"] = estate.page("PTWO", "09-01 20:00", "search: nodes unreachable", resolved_at="2026-09-01T20:30:00Z")
    ids["target"] = estate.page("PTHREE", "09-02 06:00", "fraud: job failed", resolved_at="2026-09-02T07:00:00Z")
    ids["none"] = estate.page("PFOUR", "09-05 12:00", "GPU a100-06: ECC uncorrectable errors, Xid 48")
    ids["said so"] = estate.thread("random", ("09-06 12:00", "so the thing with the scores happened"), ("09-06 13:00", "yes it did"))
    ids["impossible"] = estate.page("PFIVE", "09-07 12:00", "docs: 429 from OpenAI", resolved_at="2026-09-07T13:00:00Z")
    ids["untouched"] = estate.page("PSIX", "09-09 12:00", "GPU a100-06 fell off the bus, Xid 79", priority={"name": "P1"})
    estate.overrides = [
        {"incident": ids["corrected"], "mode": "data_issue", "reason": "RCA of 3 September", "severity": "SEV-3"},
        {"incident": ids["corrected"], "mode": "model_regression", "service": "fraud", "started": "2026-09-01T13:00:00Z"},
        {"incident": ids["merged"], "merge_into": ids["target"], "reason": "one outage of the zone"},
        {"incident": ids["none"], "is_incident": False},
        {"incident": ids["said so"], "is_incident": True, "mode": "model_regression"},
        {"incident": ids["impossible"], "started": "2026-09-07T14:00:00Z", "mitigated": "2026-09-07T12:40:00Z"},
        {"incident": "pd:PNEVER", "mode": "data_issue"},
        {"incident": ids["corrected"], "merge_into": "slack:gone:1.0"},
    ]
    return estate.read(tmp_path_factory.mktemp("said"), "int_checks__incident_overrides_known", "fct_failure_modes"), ids


@pytest.fixture
def found(told: tuple[Read, dict[str, str]]) -> dict[str, Row]:
    incidents = told[0].incidents()
    return {story: incidents[identity] for story, identity in told[1].items() if identity in incidents}


def test_what_is_declared_wins_and_says_so(found: dict[str, Row]) -> None:
    row = found["corrected"]
    assert (row["mode"], row["mode_detail"], row["mode_evidence"]) == (
        "model_regression",
        "declared",
        "declared in audit.yaml: RCA of 3 September",
    )
    assert (row["services"], row["severity"]) == (["fraud"], "SEV-3")
    assert (row["started_at"], row["started_basis"]) == (at("09-01 13:00").replace(tzinfo=None), "declared")
    assert row["detection_minutes"] == 79
    assert row["mitigated_at"] == at("09-01 14:50").replace(tzinfo=None)  # not declared, so as it was written
    assert row["declared"] == ["merge_into", "mode", "service", "severity", "started_at"]


def test_two_incidents_become_the_one_that_is_named(told: tuple[Read, dict[str, str]], found: dict[str, Row]) -> None:
    assert "merged" not in found
    assert found["target"]["member_ids"] == [told[1]["target"], told[1]["merged"]]
    reasons = told[0].query(f"select reason from int_incidents__members where member_id = '{told[1]['merged']}'")
    assert reasons == [{"reason": "declared"}]


def test_what_was_no_incident_is_gone_and_counted_nowhere(told: tuple[Read, dict[str, str]], found: dict[str, Row]) -> None:
    assert "none" not in found
    (row,) = told[0].query("select incidents from fct_failure_modes where mode = 'hardware_fault'")
    assert row["incidents"] == 1  # the one that nobody took back


def test_what_the_rules_let_go_can_be_declared(found: dict[str, Row]) -> None:
    assert (found["said so"]["mode"], found["said so"]["declared"]) == ("model_regression", ["is_incident", "mode"])


def test_a_declared_time_that_cannot_be_is_flagged_and_unused(told: tuple[Read, dict[str, str]], found: dict[str, Row]) -> None:
    assert (found["impossible"]["started_at"], found["impossible"]["detection_minutes"]) == (None, None)
    problems = told[0].query(f"select distinct column_name from int_incidents__time_problems where incident_id = '{told[1]['impossible']}'")
    assert {row["column_name"] for row in problems} >= {"started_at"}


def test_what_nobody_declared_stays(found: dict[str, Row]) -> None:
    row = found["untouched"]
    assert (row["mode"], row["severity"], row["declared"]) == ("hardware_fault", "P1", [])


def test_unknown_ids_are_a_finding_that_names_the_entry(told: tuple[Read, dict[str, str]]) -> None:
    rows = told[0].query("select subject, detail from int_checks__incident_overrides_known where not ok order by subject")
    assert [row["subject"] for row in rows] == ["pd:PNEVER", told[1]["corrected"]]
    assert "entry 7" in rows[0]["detail"] and "entry 8" in rows[1]["detail"]
