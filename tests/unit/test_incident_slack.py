"""Slack exports: ZIP and folder, threads over midnight, edits, deletions, bots, unsafe archives."""

import json
import pickle
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from audit_assets.audit_sources import IncidentSource
from audit_assets.incidents import slack_export
from audit_assets.incidents.factory import incident_source
from audit_assets.incidents.slack import SlackSource
from audit_assets.incidents.slack_text import message_text, plain
from audit_assets.source import Partition

DAY = date(2026, 7, 14)
NEXT = date(2026, 7, 15)
USERS = [{"id": "U1", "name": "dana.w", "profile": {"real_name": "Dana Whitfield"}}, {"id": "B1", "name": "pd", "is_bot": True}]
CHANNELS = [{"id": "C1", "name": "incidents"}, {"id": "C2", "name": "quiet"}]


def ts(hour: int, minute: int = 0, day: date = DAY) -> str:
    return f"{datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp():.6f}"


def message(hour: int, text: str | None = "hello", day: date = DAY, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "ts": ts(hour, day=day), "text": text, **more}


def export(tmp_path: Path, files: dict[str, Any], channels: list[str] | None = None, zipped: bool = True) -> SlackSource:
    encoded = {name: body if isinstance(body, bytes) else json.dumps(body).encode() for name, body in files.items()}
    if zipped:
        with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in encoded.items():
                archive.writestr(name, body)
    else:
        for name, body in encoded.items():
            (tmp_path / "export" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "export" / name).write_bytes(body)
    spec = IncidentSource(name="slack", kind="slack", uri="export.zip" if zipped else "export", channels=channels)
    made = incident_source(spec, tmp_path, tmp_path / "index", "salt")
    assert isinstance(made, SlackSource)
    return pickle.loads(pickle.dumps(made))  # type: ignore[no-any-return]


def extract(tmp_path: Path, one: SlackSource, *days: date) -> dict[date, Partition]:
    return {p.day: p for p in one.extract(one.inputs(days or (DAY, NEXT)), tmp_path)}


def rows(partition: Partition) -> list[dict[str, Any]]:
    return partition.rows.to_pylist()  # type: ignore[union-attr,no-any-return]


@pytest.mark.parametrize("zipped", [True, False])
def test_messages_are_rows_with_people_as_pseudonyms(tmp_path: Path, zipped: bool) -> None:
    said = message(9, "Dana Whitfield saw <#C2|quiet> &amp; <https://x.example/a|a link>, key " + "AKIA" + "IOSFODNN7CANARY1")
    files = {"channels.json": CHANNELS, "users.json": USERS, "incidents/2026-07-14.json": [said]}
    one = export(tmp_path, files, zipped=zipped)
    (row,) = rows(extract(tmp_path, one)[DAY])
    dana = one.redactor.person("U1")
    assert row["text"] == f"{dana} saw #quiet & a link (https://x.example/a), key [secret]"
    assert (row["author"], row["channel"], row["channel_id"], row["is_bot"]) == (dana, "incidents", "C1", False)
    assert row["thread_ts"] == row["ts"]
    assert row["posted_at"] == datetime(2026, 7, 14, 9, tzinfo=UTC)


def test_a_reply_goes_by_its_own_time_whatever_file_it_lies_in(tmp_path: Path) -> None:
    root = message(23, "pods pending")
    reply = message(1, "fixed", NEXT, thread_ts=root["ts"])
    found = extract(tmp_path, export(tmp_path, {"incidents/2026-07-14.json": [root, reply]}))
    assert [row["text"] for row in rows(found[DAY])] == ["pods pending"]
    assert [row["thread_ts"] for row in rows(found[NEXT])] == [root["ts"]]


def test_a_message_held_twice_is_loaded_once_in_its_latest_version(tmp_path: Path) -> None:
    edited = message(9, "after", edited={"user": "U1", "ts": ts(10)})
    event = {"type": "message", "subtype": "message_changed", "ts": ts(11), "message": message(8, "new", edited={"ts": ts(11)})}
    files = {"incidents/2026-07-13.json": [message(9, "before"), message(8, "old")], "incidents/2026-07-14.json": [edited, event]}
    found = rows(extract(tmp_path, export(tmp_path, files))[DAY])
    assert [(row["text"], row["edited"], row["deliveries"]) for row in found] == [("new", True, 2), ("after", True, 2)]


def test_what_was_deleted_is_not_kept(tmp_path: Path) -> None:
    gone = {"subtype": "message_deleted", "ts": ts(10), "deleted_ts": ts(9), "previous_message": message(9, "regretted")}
    stone = message(8, "This message was deleted.", subtype="tombstone")
    found = rows(extract(tmp_path, export(tmp_path, {"incidents/2026-07-14.json": [message(9, "regretted"), gone, stone]}))[DAY])
    assert [(row["text"], row["subtype"]) for row in found] == [(None, "tombstone"), (None, "message_deleted")]


def test_bots_are_marked_and_go_by_their_name(tmp_path: Path) -> None:
    posted = {"type": "message", "subtype": "bot_message", "bot_id": "B1", "username": "Alertmanager", "ts": ts(9), "text": ""}
    posted["attachments"] = [{"title": "GpuMemoryHigh", "fields": [{"title": "node", "value": "a100-05"}], "fallback": "x"}]
    (row,) = rows(extract(tmp_path, export(tmp_path, {"incidents/2026-07-14.json": [posted]}))[DAY])
    assert (row["author"], row["is_bot"], row["text"]) == ("Alertmanager", True, "GpuMemoryHigh\nnode: a100-05")


def test_direct_messages_are_not_read(tmp_path: Path) -> None:
    files = {"mpdm-dana--nizar-1/2026-07-14.json": [message(9)], "D0123ABCDE/2026-07-14.json": [message(9)]}
    assert extract(tmp_path, export(tmp_path, files)) == {}


def test_only_chosen_channels_are_read_and_choosing_changes_the_version(tmp_path: Path) -> None:
    files = {"incidents/2026-07-14.json": [message(9)], "random/2026-07-14.json": [message(9)]}
    one = export(tmp_path, files, channels=["#incidents", "absent"])
    assert [row["channel"] for row in rows(extract(tmp_path, one)[DAY])] == ["incidents"]
    assert one.version != SlackSource.version
    assert any("channel absent" in text for text in one.probe().missing)


def test_odd_messages_are_loaded_or_quarantined_never_a_crash(tmp_path: Path) -> None:
    odd = [
        message(1, None, blocks=None),
        {"ts": ts(2)},
        {"ts": "soon", "text": "mail dana@mail.example"},
        {"text": "no ts"},
        {"ts": 1.5},
        None,
        message(3, None, blocks=[{"type": "rich_text", "elements": [{"elements": [{"type": "text", "text": "Ошибка"}]}]}]),
        message(4, "🔥 CUDA内存不足", reactions=[{"name": "eyes", "count": 2}]),
        message(5, None, attachments="x", reactions=7, thread_ts=7),
    ]
    partition = extract(tmp_path, export(tmp_path, {"incidents/2026-07-14.json": odd}))[DAY]
    assert [row["text"] for row in rows(partition)] == [None, None, "Ошибка", "🔥 CUDA内存不足", None]
    assert rows(partition)[3]["reactions"] == ["eyes"]
    assert [one["position"] for one in partition.quarantined.to_pylist()] == [3, 4, 5, 6]
    assert "dana@" not in str(partition.quarantined.to_pylist())


def test_one_broken_file_of_an_archive_leaves_the_others_readable(tmp_path: Path) -> None:
    one = export(tmp_path, {"incidents/2026-07-14.json": [message(9)], "incidents/2026-07-15.json": b"[{"})
    partition = extract(tmp_path, one)[DAY]
    assert len(rows(partition)) == 1
    (refused,) = partition.quarantined.to_pylist()
    assert refused["uri"].endswith("!incidents/2026-07-15.json")


@pytest.mark.parametrize("name", ["../evil/2026-07-14.json", "/etc/2026-07-14.json", "a\\..\\..\\2026-07-14.json", "C:/x/2026-07-14.json"])
def test_unsafe_names_refuse_the_archive(tmp_path: Path, name: str) -> None:
    one = export(tmp_path, {name: [message(9)], "incidents/2026-07-14.json": [message(9)]})
    (refusal,) = one.rejections()
    assert "unsafe name" in refusal.reason
    assert extract(tmp_path, one) == {}


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_export, "RATIO_FROM_BYTES", 1_000_000)
    one = export(tmp_path, {"incidents/2026-07-14.json": b"[" + b" " * 2_000_000 + b"]"})
    (refusal,) = one.rejections()
    assert "times its size" in refusal.reason
    monkeypatch.setattr(slack_export, "MAX_UNPACKED_BYTES", 1_000)
    assert "unpacks to" in one.rejections()[0].reason


def test_a_cut_archive_is_refused_with_the_fix(tmp_path: Path) -> None:
    one = export(tmp_path, {"incidents/2026-07-14.json": [message(9)] * 50})
    whole = (tmp_path / "export.zip").read_bytes()
    (tmp_path / "export.zip").write_bytes(whole[: len(whole) // 2])
    (refusal,) = one.rejections()
    assert "not a readable ZIP" in refusal.reason
    assert refusal.fix


def test_the_probe_says_what_an_export_lacks(tmp_path: Path) -> None:
    root = message(9, "root", reply_count=2, replies=[{"user": "U1", "ts": ts(10)}, {"user": "U1", "ts": ts(11)}])
    orphan = message(12, "reply", thread_ts=ts(1, day=date(2026, 7, 1)))
    files = {"channels.json": CHANNELS, "incidents/2026-07-14.json": [root, message(10, "r", thread_ts=root["ts"]), orphan]}
    missing = "\n".join(export(tmp_path, files).probe().missing)
    assert "1 threads without their first message" in missing
    assert "1 replies that a thread names" in missing
    assert "channel quiet" in missing
    assert "users.json" in missing


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<!here> see <https://a.example>", "@here see https://a.example"),
        ("<!subteam^S1|@ops> <mailto:a@b.example|a@b.example>", "@ops mailto:a@b.example"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("<#C1>", "#C1"),
    ],
)
def test_markup_becomes_plain(markup: str, said: str) -> None:
    assert plain(markup) == said


def test_previews_of_links_are_not_what_was_said() -> None:
    shared = {"text": "like last time", "attachments": [{"from_url": "https://x", "text": "CUDA out of memory"}]}
    assert message_text(shared) == "like last time"


def test_deep_blocks_end() -> None:
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(200):
        block = {"type": "rich_text", "elements": [block]}
    assert message_text({"text": "", "blocks": [block]}) is None
