"""Alertmanager files: API answers, webhook bodies, JSON lines, deliveries of one firing, bad records."""

import gzip
import hashlib
import json
import pickle
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from audit_assets.audit_sources import IncidentSource
from audit_assets.incidents.alertmanager import AlertmanagerSource
from audit_assets.incidents.factory import incident_source
from audit_assets.source import Partition

DAY = date(2026, 7, 14)
GROUP = '{}/{severity="critical"}:{alertname="GpuMemoryHigh"}'


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "labels": {"alertname": "GpuMemoryHigh", "severity": "critical", "node": "a100-05", "instance": "10.1.2.3:9400"},
        "annotations": {"summary": "Memory above 95 %, ask dana@mail.example", "runbook_url": "https://x.example"},
        "startsAt": "2026-07-14T14:05:00.123456789Z",
        "endsAt": "2026-07-14T14:40:00Z",
        "fingerprint": "5ef77f1f8a3ecf8d",
        **changes,
    }


def webhook(*alerts: Any, **changes: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": GROUP, "receiver": "pagerduty", "status": "firing", "alerts": list(alerts), **changes}


def source(tmp_path: Path, **files: Any) -> AlertmanagerSource:
    folder = tmp_path / "am"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        stem, _, suffix = name.partition("__")
        encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{stem}.{(suffix or 'json').replace('_', '.')}").write_bytes(encoded)
    made = incident_source(IncidentSource(name="am", kind="alertmanager", uri="am"), tmp_path, tmp_path / "index", "salt")
    assert isinstance(made, AlertmanagerSource)
    return pickle.loads(pickle.dumps(made))  # type: ignore[no-any-return]


def extract(tmp_path: Path, one: AlertmanagerSource) -> Partition:
    (partition,) = one.extract(one.inputs([DAY]), tmp_path)
    return partition


def rows(tmp_path: Path, **files: Any) -> list[dict[str, Any]]:
    return extract(tmp_path, source(tmp_path, **files)).rows.to_pylist()  # type: ignore[union-attr,no-any-return]


def test_an_alert_becomes_a_redacted_row(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, a=[alert()])
    assert (row["alert"], row["severity"], row["state"]) == ("GpuMemoryHigh", "critical", "resolved")
    assert row["text"] == "Memory above 95 %, ask [email]"
    assert dict(row["labels"]) == {"severity": "critical", "node": "a100-05", "instance": "[ip]:9400"}
    assert row["started_at"] == datetime(2026, 7, 14, 14, 5, 0, 123456, tzinfo=UTC)
    assert (row["source"], row["source_uri"], row["deliveries"]) == ("am", "am/a.json", 1)


@pytest.mark.parametrize(
    "document",
    [
        alert(),
        [alert()],
        webhook(alert()),
        [webhook(alert())],
        {"status": "success", "data": [alert()]},
        [{"labels": {}, "receiver": {"name": "pd"}, "alerts": [alert()]}],
    ],
)
def test_every_shape_is_read(tmp_path: Path, document: Any) -> None:
    (row,) = rows(tmp_path, a=document)
    assert row["fingerprint"] == "5ef77f1f8a3ecf8d"


@pytest.mark.parametrize(
    ("changes", "state", "ended"),
    [
        ({"status": "firing", "endsAt": "0001-01-01T00:00:00Z"}, "firing", None),
        ({"status": {"state": "active", "silencedBy": [], "inhibitedBy": []}, "endsAt": "2026-07-14T14:09:00Z"}, "firing", None),
        ({"status": {"state": "suppressed", "silencedBy": ["x"]}, "updatedAt": "2026-07-14T14:06:00Z"}, "suppressed", None),
        ({"endsAt": "2026-07-14T14:09:00Z", "updatedAt": "2026-07-14T14:06:00Z"}, "firing", None),
        ({"status": "resolved"}, "resolved", datetime(2026, 7, 14, 14, 40, tzinfo=UTC)),
        ({}, "resolved", datetime(2026, 7, 14, 14, 40, tzinfo=UTC)),
        ({"endsAt": None}, "firing", None),
    ],
)
def test_the_end_of_a_firing_alert_is_no_end(tmp_path: Path, changes: Any, state: str, ended: datetime | None) -> None:
    (row,) = rows(tmp_path, a=[alert(**changes)])
    assert (row["state"], row["ended_at"]) == (state, ended)


def test_an_end_before_the_start_is_flagged_and_not_used(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, a=[alert(endsAt="2026-07-14T13:00:00Z")])
    assert (row["ended_at"], row["time_problem"]) == (None, "it ends before it starts")


def test_reminders_and_the_end_are_one_firing(tmp_path: Path) -> None:
    firing = alert(status="firing", endsAt="0001-01-01T00:00:00Z")
    again = alert(startsAt="2026-07-14T18:00:00Z", endsAt="2026-07-14T18:10:00Z")
    found = rows(tmp_path, b=webhook(firing), c=webhook(alert(status="resolved")), a=[firing, again], d=webhook(firing))
    assert [(row["started_at"].hour, row["deliveries"]) for row in found] == [(14, 4), (18, 1)]
    assert found[0]["ended_at"] == datetime(2026, 7, 14, 14, 40, tzinfo=UTC)


def test_the_group_key_is_kept_as_pagerduty_is_given_it(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, a=webhook(alert()))
    assert (row["receiver"], row["group_key_sha256"]) == ("pagerduty", hashlib.sha256(GROUP.encode()).hexdigest())


def test_json_lines_packed_or_not_and_a_bad_line_is_quarantined(tmp_path: Path) -> None:
    other = alert(fingerprint="other", startsAt="2026-07-14T09:00:00+02:00")
    lines = "\n".join([json.dumps(webhook(alert())), "", '{"cut": ', json.dumps([other]), '{"health": "ok"}']).encode()
    partition = extract(tmp_path, source(tmp_path, a__jsonl_gz=gzip.compress(lines)))
    assert [row["started_at"].hour for row in partition.rows.to_pylist()] == [7, 14]  # type: ignore[union-attr]
    assert [one["position"] for one in partition.quarantined.to_pylist()] == [3, 5]


def test_alerts_without_a_name_or_a_start_are_quarantined_redacted(tmp_path: Path) -> None:
    bad = [alert(labels={"node": "x"}), alert(startsAt=None), alert(startsAt="yesterday"), None, alert(labels=7), alert()]
    partition = extract(tmp_path, source(tmp_path, a=webhook(*bad)))
    refused = partition.quarantined.to_pylist()
    assert partition.rows.num_rows == 1  # type: ignore[union-attr]
    assert [(one["position"], one["reason"]) for one in refused] == [
        (1, "no label alertname"),
        (2, "no start time"),
        (3, "start time is not ISO 8601 with an offset"),
        (4, "not a JSON object"),
        (5, "no labels"),
    ]
    assert "dana@" not in str(refused)


def test_without_a_fingerprint_the_labels_tell_alerts_apart(tmp_path: Path) -> None:
    one, other = alert(fingerprint=None), alert(fingerprint=None, labels={"alertname": "GpuMemoryHigh", "node": "a100-06"})
    assert len({row["fingerprint"] for row in rows(tmp_path, a=[one, other, one])}) == 2


@pytest.mark.parametrize("content", [b'{"health": "ok"}', b"[1, 2]", b"plain", b"", gzip.compress(b"[]" * 99, mtime=0)[:-9]])
def test_what_is_not_of_alertmanager_is_refused_with_the_fix(tmp_path: Path, content: bytes) -> None:
    (refusal,) = source(tmp_path, a=content).rejections()
    assert refusal.uri == "am/a.json" and refusal.reason and refusal.fix


def test_secrets_in_labels_do_not_pass(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, a=[alert(labels={"alertname": "X", "api_key": "plain-words", "owner": "bo@mail.example"})])
    assert dict(row["labels"]) == {"api_key": "[secret]", "owner": "[email]"}
