"""The times of a public incident log, with the log's own errors, and texts of which people said that they are one incident."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.incident_estate import Estate, Read

SHARED = Path(__file__).parents[2].parent / "shared" / "incidents"
LENGTH = re.compile(r"(?:(\d+)h)? ?(?:(\d+)m)?")
WRITTEN = re.compile(r"^(\d{4}-\d{2}-\d{2}) (\d{2})[:.](\d{2})$")

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/incidents beside the checkout")


def written(text: str) -> datetime | None:
    """A time of the log; None where the log says that it does not know."""
    found = WRITTEN.match(text)
    return datetime.fromisoformat(f"{found[1]} {found[2]}:{found[3]}") if found else None


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Read]:
    """Each logged incident whose detection is known, as a page and a note that tells its times and lengths in words."""
    listed = json.loads((SHARED / "moj_incident_log.json").read_text())["incidents"]
    known = [one for one in listed if written(one["first_detected"])]
    estate = Estate(end=date(2024, 9, 30), days=1000)
    for place, one in enumerate(known):
        detected, resolved = written(one["first_detected"]), written(one["resolved"])
        assert detected and resolved
        note = f"Declared {one['declared']}. Repaired at {one['repaired'].replace('.', ':')} UTC. Follow-up is in the runbook."
        lengths = f"Time to repair: {one['stated_ttr']}. Time to resolve: {one['stated_ttresolve']}."
        told_at = max(detected, resolved).isoformat(" ")
        notes = [(told_at, note), (told_at, lengths)]
        estate.page(f"P{place:05}", detected.isoformat(" "), one["title"], notes, resolved_at=f"{resolved.isoformat()}Z")
    return known, estate.read(tmp_path_factory.mktemp("log"), "fct_incidents", "fct_incident_times")


@pytest.fixture(scope="module")
def logged(read: tuple[list[dict[str, Any]], Read]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each of them with its row."""
    known, warehouse = read
    found = warehouse.incidents()
    return [(one, found[f"pd:P{place:05}"]) for place, one in enumerate(known)]


def minutes(length: str) -> int | None:
    """A length of the log in minutes; None where it is written in another way."""
    found = LENGTH.fullmatch(length)
    return 60 * int(found[1] or 0) + int(found[2] or 0) if found and length else None


def test_lengths_that_the_clock_contradicts_are_flagged(read: tuple[list[dict[str, Any]], Read]) -> None:
    """The log counts working hours in places; what it states and what the clock says are shown beside each other."""
    known, warehouse = read
    wrong = set()
    for place, one in enumerate(known):
        for column, end, stated in (("mitigated_at", "repaired", "stated_ttr"), ("resolved_at", "resolved", "stated_ttresolve")):
            ended, detected, length = written(one[end]), written(one["first_detected"]), minutes(one[stated])
            assert ended and detected
            if length is not None and abs((ended - detected).total_seconds() / 60 - length) > 1:
                wrong.add((f"pd:P{place:05}", column))
    rows = warehouse.query("select incident_id, time_name from fct_incident_times where basis = 'stated_length'")
    assert len(wrong) > 5
    assert {(row["incident_id"], row["time_name"]) for row in rows} == wrong


def test_detected_and_repaired_are_as_written(logged: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for one, row in logged:
        assert row["detected_at"] == written(one["first_detected"]), one
        assert row["mitigated_at"] == written(one["repaired"]), one
        assert row["resolved_at"] == written(one["resolved"]), one


def test_lengths_are_wall_clock_whatever_the_log_states(logged: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for one, row in logged:
        repaired, detected = written(one["repaired"]), written(one["first_detected"])
        assert repaired and detected
        assert row["mitigation_minutes"] == pytest.approx((repaired - detected).total_seconds() / 60), one


def test_nobody_stated_a_start_so_detection_time_is_unknown(logged: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    assert {row["detection_minutes"] for _, row in logged} == {None}


def test_wrong_years_are_impossible_not_negative(tmp_path: Path) -> None:
    """The log closes an incident of January 2023 in February 2022."""
    estate = Estate(end=date(2023, 3, 31))
    note = [("2023-02-01 10:35", "mitigated at 2022-02-01 10:30 UTC")]
    estate.page("PYEAR", "2023-01-04 09:00", "All secrets to be rotated", note, resolved_at="2022-02-01T10:30:00Z")
    row = estate.read(tmp_path, "fct_incidents").incidents()["pd:PYEAR"]
    assert (row["mitigated_at"], row["resolved_at"], row["mitigation_minutes"]) == (None, None, None)


def test_texts_that_are_one_incident_become_one(tmp_path: Path) -> None:
    texts = {one["id"]: one["text"] for one in map(json.loads, (SHARED / "labelled_incidents.jsonl").read_text().splitlines())}
    groups = json.loads((SHARED / "dedup_groups.json").read_text())
    estate = Estate()
    for place, group in enumerate(groups):
        for minute, identity in enumerate(group["ids"]):
            estate.page(identity, f"09-{place + 1:02} 10:{minute * 5:02}", texts[identity])
    members = estate.read(tmp_path, "fct_incidents").query(
        "select incident_id, list(member_id) as ids from int_incidents__members group by 1"
    )
    merged = {frozenset(row["ids"]) for row in members}
    wanted = [frozenset(f"pd:{identity}" for identity in group["ids"]) for group in groups]
    assert [group for group in wanted if group not in merged] == []
    assert all(any(found <= group for group in wanted) for found in merged), "texts of two groups became one incident"
