"""PagerDuty files: pages, single objects, webhooks, versions, bad records."""

import codecs
import json
import pickle
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from audit_assets.audit_sources import IncidentSource
from audit_assets.incidents.factory import incident_source
from audit_assets.incidents.pagerduty import PagerDutySource
from audit_assets.source import Partition

DAY = date(2026, 7, 14)


def incident(identity: str = "Q1", **changes: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "type": "incident",
        "incident_number": 7,
        "title": "GPU memory above 95% on a100-05, ping dana@mail.example",
        "status": "resolved",
        "urgency": "high",
        "created_at": "2026-07-14T14:10:00Z",
        "updated_at": "2026-07-14T15:00:00Z",
        "last_status_change_at": "2026-07-14T15:00:00Z",
        "service": {"id": "S1", "type": "service_reference", "summary": "chat-prod"},
        "escalation_policy": {"id": "E1", "summary": "Default"},
        "priority": {"id": "P1", "name": "P2"},
        **changes,
    }


def source(tmp_path: Path, **files: Any) -> PagerDutySource:
    folder = tmp_path / "pd"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    spec = IncidentSource(name="pd", kind="pagerduty", uri="pd")
    made = incident_source(spec, tmp_path, tmp_path / "index", "salt")
    assert isinstance(made, PagerDutySource)
    return pickle.loads(pickle.dumps(made))  # type: ignore[no-any-return]


def extract(tmp_path: Path, one: PagerDutySource, days: list[date] | None = None) -> dict[tuple[str, date], Partition]:
    inputs = one.inputs(days or [DAY])
    return {(p.table.name, p.day): p for p in one.extract(inputs, tmp_path)}


def rows(partition: Partition) -> list[dict[str, Any]]:
    return partition.rows.to_pylist()  # type: ignore[union-attr,no-any-return]


def test_an_incident_becomes_a_redacted_row(tmp_path: Path) -> None:
    found = extract(tmp_path, source(tmp_path, page={"incidents": [incident()], "more": False}))
    (row,) = rows(found["pagerduty_incidents", DAY])
    assert row["title"] == "GPU memory above 95% on a100-05, ping [email]"
    assert (row["service_name"], row["priority"], row["incident_number"]) == ("chat-prod", "P2", 7)
    assert row["resolved_at"] == datetime(2026, 7, 14, 15, tzinfo=UTC)  # no resolved_at: resolved is the last change
    assert (row["source"], row["source_uri"], row["deliveries"]) == ("pd", "pd/page.json", 1)


def test_the_newest_version_of_an_id_is_kept_and_counted(tmp_path: Path) -> None:
    old = incident(status="triggered", title="old", updated_at="2026-07-14T14:10:00Z", last_status_change_at=None)
    found = extract(tmp_path, source(tmp_path, z_old={"incidents": [old]}, a_new={"incidents": [incident(title="new"), old]}))
    (row,) = rows(found["pagerduty_incidents", DAY])
    assert (row["title"], row["status"], row["deliveries"]) == ("new", "resolved", 3)


def test_log_entries_carry_notes_and_pseudonyms(tmp_path: Path) -> None:
    entry = {
        "id": "L1",
        "type": "annotate_log_entry",
        "created_at": "2026-07-14T10:40:00-04:00",
        "incident": {"id": "Q1", "type": "incident_reference"},
        "agent": {"id": "U1", "type": "user_reference", "summary": "Dana Whitfield"},
        "channel": {"type": "note", "summary": "Rolled back at 14:40, says Dana Whitfield"},
        "summary": "Note added by Dana Whitfield.",
    }
    one = source(tmp_path, log={"log_entries": [entry]})
    (row,) = rows(extract(tmp_path, one)["pagerduty_log_entries", DAY])
    dana = one.redactor.person("U1")
    assert row["created_at"] == datetime(2026, 7, 14, 14, 40, tzinfo=UTC)
    assert (row["entry_type"], row["agent"], row["channel_type"]) == ("annotate", dana, "note")
    assert row["summary"] == f"Note added by {dana}. — Rolled back at 14:40, says {dana}"


def test_an_alert_keeps_its_details_as_redacted_json(tmp_path: Path) -> None:
    alert = {
        "id": "A1",
        "type": "alert",
        "created_at": "2026-07-13T23:30:00Z",
        "alert_key": "k",
        "severity": "critical",
        "summary": "GpuMemoryHigh",
        "incident": {"id": "Q1"},
        "body": {"details": {"node": "a100-05", "token": "abc", "ip": "10.0.0.1"}},
    }
    before = date(2026, 7, 13)
    (row,) = rows(extract(tmp_path, source(tmp_path, a={"alerts": [alert]}), [before, DAY])["pagerduty_alerts", before])
    assert row["details"] == '{"ip":"[ip]","node":"a100-05","token":"[secret]"}'
    assert row["incident_id"] == "Q1"


def test_acknowledgements_inside_an_incident_become_log_entries(tmp_path: Path) -> None:
    given = {"at": "2026-07-14T14:12:00Z", "acknowledger": {"id": "U1", "type": "user_reference", "summary": "Dana Whitfield"}}
    found = extract(tmp_path, source(tmp_path, page={"incidents": [incident(acknowledgements=[given])]}))
    (row,) = rows(found["pagerduty_log_entries", DAY])
    assert (row["entry_type"], row["incident_id"]) == ("acknowledge", "Q1")
    assert row["created_at"] == datetime(2026, 7, 14, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "document",
    [
        incident(),
        [incident()],
        {"incident": incident()},
        {"messages": [{"event": "incident.trigger", "incident": incident()}]},
        {"event": {"id": "E", "event_type": "incident.triggered", "data": incident()}},
    ],
)
def test_single_objects_lists_and_webhooks_are_read(tmp_path: Path, document: Any) -> None:
    found = extract(tmp_path, source(tmp_path, one=document))
    assert [row["incident_id"] for row in rows(found["pagerduty_incidents", DAY])] == ["Q1"]


def test_records_that_cannot_be_loaded_are_quarantined_redacted(tmp_path: Path) -> None:
    page = {
        "incidents": [
            incident(),
            incident("Q2", created_at=None, title="secret dana@mail.example"),
            incident("Q3", created_at="2026-07-14 14:10"),
            {key: value for key, value in incident().items() if key != "id"},
            "not an object",
        ]
    }
    partition = extract(tmp_path, source(tmp_path, page=page))["pagerduty_incidents", DAY]
    refused = partition.quarantined.to_pylist()
    assert len(rows(partition)) == 1
    assert [(one["position"], one["column"]) for one in refused] == [(2, "created_at"), (3, "created_at"), (4, "id"), (5, "")]
    assert "dana@mail.example" not in str(refused)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"incidents": [', "not valid JSON at line 1"),
        (b"", "not valid JSON"),
        (b'{"users": []}', "no `incidents`"),
        (b"\xff\xfe{", "starts as utf-16-le but is not"),
        (b'{"incidents": ["\xff"]}', "not valid JSON"),
    ],
)
def test_unusable_files_are_refused_whole_and_the_rest_is_loaded(tmp_path: Path, content: bytes, says: str) -> None:
    one = source(tmp_path, bad=content, good={"incidents": [incident()]})
    assert len(rows(extract(tmp_path, one)["pagerduty_incidents", DAY])) == 1
    (refusal,) = one.rejections()
    assert says in refusal.reason
    assert refusal.uri == "pd/bad.json"


def test_utf_16_is_decoded_by_its_mark(tmp_path: Path) -> None:
    encoded = codecs.BOM_UTF16_LE + json.dumps({"incidents": [incident(title="Ошибка 🔥")]}, ensure_ascii=False).encode("utf-16-le")
    (row,) = rows(extract(tmp_path, source(tmp_path, page=encoded))["pagerduty_incidents", DAY])
    assert row["title"] == "Ошибка 🔥"


def test_the_probe_says_which_kinds_are_absent(tmp_path: Path) -> None:
    probe = source(tmp_path, page={"incidents": [incident()]}).probe()
    assert probe.days == {DAY}
    assert any(text.startswith("no log entries") for text in probe.missing)
    assert any(text.startswith("no alerts") for text in probe.missing)


def test_the_same_day_extracts_to_the_same_rows(tmp_path: Path) -> None:
    one = source(tmp_path, page={"incidents": [incident("Q2"), incident("Q1")]})
    first, second = (extract(tmp_path, one)["pagerduty_incidents", DAY] for _ in range(2))
    assert first.rows == second.rows
    assert [row["incident_id"] for row in rows(first)] == ["Q1", "Q2"]
