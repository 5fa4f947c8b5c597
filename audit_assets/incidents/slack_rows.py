"""Slack's wire format: a message of an export as a row, redacted. Field names are those of the Slack Web API.

Edits and deletions come in two forms: as a mark on the message (`edited`, subtype `tombstone`) and as an event (`message_changed`,
`message_deleted`) that names the message; both end as one row for the message. What does not belong here: files and days.
"""

import re
from datetime import UTC, datetime, timedelta

from audit_assets.incidents.json_input import member, text_or_none
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.slack_text import message_text

Row = dict[str, object]
_TS = re.compile(r"^\d{9,11}\.\d{1,6}$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DELETED = frozenset({"message_deleted", "tombstone"})


def posted_at(ts: object) -> datetime | None:
    """A Slack ts (`seconds.microseconds` since 1970, as text) as aware UTC; None when it is not one."""
    if not isinstance(ts, str) or not _TS.match(ts):
        return None
    seconds, micros = ts.split(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros.ljust(6, "0")))


def current(message: object) -> object:
    """The message that an event is about: the new text of a change, an empty message for a deletion."""
    subtype = member(message, "subtype")
    inner = member(message, "message")
    if subtype == "message_changed" and isinstance(inner, dict):
        return {**inner, "edited": inner.get("edited") or {"ts": member(message, "ts")}}
    if subtype == "message_deleted":
        before = member(message, "previous_message")
        kept = {name: member(before, name) for name in ("thread_ts", "user")}
        return {**kept, "ts": member(message, "deleted_ts") or member(before, "ts"), "subtype": "message_deleted"}
    return message


def problem_of(message: object) -> tuple[str, str] | None:
    """The column and reason for which a message can't be loaded; None when it can."""
    if not isinstance(message, dict):
        return "", "not a JSON object"
    if posted_at(message.get("ts")) is None:
        return "ts", "no ts" if message.get("ts") is None else "ts is not a Slack timestamp"
    return None


def version_of(message: object) -> tuple[bool, str]:
    """Orders copies of one message: a deletion is final, then the latest edit."""
    return member(message, "subtype") in DELETED, str(member(message, "edited", "ts") or "")


def row_of(message: object, redactor: Redactor, source: str, channel: tuple[str, str | None], uri: str) -> Row:
    """The message as a row. `channel` is its name and, where known, its id."""
    ts = str(member(message, "ts"))
    thread = member(message, "thread_ts")
    deleted = member(message, "subtype") in DELETED
    reactions = member(message, "reactions")
    names = [text_or_none(member(one, "name")) for one in reactions] if isinstance(reactions, list) else []
    return {
        "source": source,
        "channel": redactor.text(channel[0]),
        "channel_id": channel[1],
        "ts": ts,
        "thread_ts": thread if isinstance(thread, str) and posted_at(thread) else ts,
        "posted_at": posted_at(ts),
        "author": _author(message, redactor),
        "is_bot": is_bot(message),
        "subtype": redactor.text(text_or_none(member(message, "subtype"))),
        "text": None if deleted else redactor.text(message_text(message)),
        "edited": bool(member(message, "edited")),
        "reactions": [redactor.redacted(name) for name in names if name],
        "source_uri": uri,
    }


def is_bot(message: object) -> bool:
    """Posted by an app or bot, as Slack marks it."""
    return bool(member(message, "bot_id")) or member(message, "subtype") == "bot_message" or bool(member(message, "bot_profile"))


def _author(message: object, redactor: Redactor) -> str | None:
    """A person's pseudonym; a bot goes by its own name, redacted, since a person's name may stand there."""
    user = text_or_none(member(message, "user"))
    if is_bot(message):
        named = text_or_none(member(message, "bot_profile", "name")) or text_or_none(member(message, "username"))
        return redactor.text(named or text_or_none(member(message, "bot_id")))
    return redactor.person(user) if user else None
