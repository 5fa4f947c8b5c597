"""Slack's Web API as a source: messages and replies of the named channels, day by day, in the form that an export has.

Replies to older messages are in no channel history: threads that began up to LOOK_BACK_DAYS before are asked for each day on which they
may have had a reply. What does not belong here: the shape of a message (slack_rows.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import orjson
import pyarrow as pa

from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.http import HttpSource
from audit_assets.incidents.json_input import member, text_or_none
from audit_assets.incidents.people import KnownPeople, Names
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.slack import Posted, once, posted_row, profile_names, quarantined_row, user_names
from audit_assets.incidents.slack_rows import current, posted_at
from audit_assets.incidents.tables import SLACK_MESSAGES
from audit_assets.live_days import live_inputs
from audit_assets.objects import ObjectStat
from audit_assets.partitions import day_bounds
from audit_assets.source import QUARANTINE, Inputs, Partition, Probe, Rejection
from audit_assets.tables import Table

ADDRESS = "https://slack.com/api"
PAGE = 200  # Slack recommends no more; it gives some apps fewer
LOOK_BACK_DAYS = 30
ATTEMPTS = 10  # a limit on requests lasts up to a minute
_LATER = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_SCOPES = "channels:read, channels:history, groups:read, groups:history, users:read"
_FIXES = {
    "missing_scope": f"give the app the scopes {_SCOPES}",
    "not_in_channel": "invite the app to the channel",
    "channel_not_found": "invite the app to the channel",
}
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SlackApi:
    """Methods of the API; lists are read to their last cursor."""

    http: HttpSource

    def call(self, method: str, parameters: Parameters = ()) -> dict[str, object]:
        """An answer that is ok. Raises SourceRejected or SourceUnavailable."""
        answer = self.http.get(f"/{method}", parameters)
        try:
            content = orjson.loads(answer.body)
        except orjson.JSONDecodeError as problem:
            raise SourceUnavailable(f"{self.http.shown}/{method}: HTTP {answer.status}, not JSON; try again later") from problem
        if isinstance(content, dict) and content.get("ok") is True:
            return content
        error = str(member(content, "error") or f"HTTP {answer.status}")[:80]
        if error in _LATER:
            raise SourceUnavailable(f"{self.http.shown}/{method}: {error}; try again later")
        raise SourceRejected(f"{self.http.shown}/{method}", error, _FIXES.get(error, "check the token"))

    def listed(self, method: str, name: str, parameters: Parameters = ()) -> Iterator[dict[str, object]]:
        """Every entry of a list. Raises SourceUnavailable when a cursor comes a second time: the list would have no end."""
        cursor, seen = "", set[str]()
        while True:
            asked = (*parameters, ("limit", str(PAGE)), *((("cursor", cursor),) if cursor else ()))
            page = self.call(method, asked)
            entries = page.get(name)
            yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()
            cursor = text_or_none(member(page, "response_metadata", "next_cursor")) or ""
            if not cursor:
                return
            if cursor in seen:
                raise SourceUnavailable(f"{self.http.shown}/{method}: the same cursor twice; try again later")
            seen.add(cursor)


@dataclass
class Threads:
    """Threads by channel id and first message, each with the time of its latest reply (None: not told)."""

    latest: dict[tuple[str, str], datetime | None] = field(default_factory=dict)

    def note(self, channel: str, message: Mapping[str, object]) -> None:
        """Remember a message that has replies."""
        ts = message.get("ts")
        if isinstance(ts, str) and (message.get("reply_count") or message.get("latest_reply")):
            self.latest[channel, ts] = posted_at(message.get("latest_reply"))

    def with_replies(self, channel: str, start: datetime, end: datetime) -> list[str]:
        """Threads that may have replies in [start, end)."""
        return [
            ts
            for (where, ts), latest in self.latest.items()
            if where == channel and (posted_at(ts) or end) < end and (latest is None or latest >= start)
        ]


class SlackLive:
    """Slack itself. `channels`: names to read, and nothing else is; `salt` makes the pseudonyms."""

    tables: tuple[Table, ...] = (SLACK_MESSAGES,)
    version = 1
    live = True
    back_filled = False

    def __init__(self, name: str, url: str | None, index: Path, token: str, salt: str, channels: Sequence[str]) -> None:
        self.name, self.redactor, self.known = name, Redactor(salt), KnownPeople()
        self.channels = tuple(sorted({channel.lstrip("#") for channel in channels}))
        self.api = SlackApi(HttpSource(url or ADDRESS, index / "slots", token, attempts=ATTEMPTS))

    def people(self) -> Names:
        """Everybody in the list of users, asked for once a day."""
        return _users(self.api, datetime.now(tz=UTC).date())

    def probe(self) -> Probe:
        """Reachable, and which channels the app does not see."""
        try:
            seen = self._visible()
        except AssayError as problem:
            return Probe(False, str(problem), frozenset())
        missing = tuple(f"channel {channel}: not visible to the app; invite it" for channel in self.channels if channel not in seen)
        detail = f"Slack at {self.api.http.shown}, {len(self.channels) - len(missing)} of {len(self.channels)} channels"
        return Probe(len(missing) < len(self.channels), detail, missing=missing)

    def inputs(self, days: Sequence[date]) -> Inputs:
        """A pseudo object a day; neighbouring days are fetched together, because they share threads."""
        return live_inputs(self.api.http.shown, days, self.channels, shared=True)

    def rejections(self) -> tuple[Rejection, ...]:
        """Nothing is looked at before extraction."""
        return ()

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The messages of each day. Raises SourceRejected when a channel is not visible: a part would pass for the whole."""
        seen = self._visible()
        absent = [channel for channel in self.channels if channel not in seen]
        if absent:
            raise SourceRejected(self.api.http.shown, f"channels not visible: {', '.join(absent)}", _FIXES["channel_not_found"])
        ids = {channel: seen[channel] for channel in self.channels}
        people = self.known.names(self.name) if self.known.by_source() else self.people()
        threads = self._earlier(ids, min(inputs))
        for day, items in sorted(inputs.items()):
            posted = [one for channel, identity in ids.items() for one in self._day(channel, identity, day, items[-1], threads)]
            names = {name: user for one in posted for name, user in profile_names(one.message).items()}
            yield from self._partition(day, items, posted, self.redactor.knowing({**names, **people}), ids)

    def _partition(
        self, day: date, items: tuple[ObjectStat, ...], posted: list[Posted], redactor: Redactor, ids: Mapping[str, str]
    ) -> Iterator[Partition]:
        dated = [one for one in posted if posted_at(member(one.message, "ts"))]
        rows = [posted_row(one, redactor, self.name, ids, count) for one, count in once(dated)]
        refused = [quarantined_row(one, redactor) for one in posted if not posted_at(member(one.message, "ts"))]
        if rows or refused:
            yield Partition(SLACK_MESSAGES, day, SLACK_MESSAGES.rows(rows), pa.Table.from_pylist(refused, schema=QUARANTINE), items)

    def _visible(self) -> dict[str, str]:
        """Channel name → id of what the app may see."""
        kinds = (("types", "public_channel,private_channel"), ("exclude_archived", "false"))
        pairs = (
            (text_or_none(one.get("name")), text_or_none(one.get("id"))) for one in self.api.listed("conversations.list", "channels", kinds)
        )
        return {name: identity for name, identity in pairs if name and identity}

    def _earlier(self, ids: Mapping[str, str], first: date) -> Threads:
        """Threads that began before the first day and may go on."""
        end = day_bounds(first)[0]
        threads = Threads()
        for identity in ids.values():
            for message in self._history(identity, end - timedelta(days=LOOK_BACK_DAYS), end):
                threads.note(identity, message)
        return threads

    def _day(self, channel: str, identity: str, day: date, item: ObjectStat, threads: Threads) -> Iterator[Posted]:
        """A day's messages and replies of a channel, each once, in order of time."""
        start, end = day_bounds(day)
        found: dict[str, dict[str, object]] = {}
        undated = []
        for message in self._history(identity, start, end):
            threads.note(identity, message)
            if isinstance(message.get("ts"), str) and posted_at(message["ts"]):
                found[str(message["ts"])] = message
            else:
                undated.append(message)
        for thread in threads.with_replies(identity, start, end):
            for reply in self._between("conversations.replies", (("channel", identity), ("ts", thread)), start, end):
                found.setdefault(str(reply.get("ts")), reply)
        of_day = [message for ts, message in sorted(found.items()) if start <= (posted_at(ts) or end) < end]
        uri = f"{self.api.http.shown}/conversations.history#{channel}/{day.isoformat()}"
        for position, message in enumerate([*of_day, *undated], 1):
            yield Posted(channel, position, uri, item, current(message))

    def _history(self, identity: str, start: datetime, end: datetime) -> Iterator[dict[str, object]]:
        return self._between("conversations.history", (("channel", identity),), start, end)

    def _between(self, method: str, parameters: Parameters, start: datetime, end: datetime) -> Iterator[dict[str, object]]:
        bounds = (("oldest", _ts(start)), ("latest", _ts(end)), ("inclusive", "true"))
        return self.api.listed(method, "messages", (*parameters, *bounds))


def _ts(moment: datetime) -> str:
    return f"{int(moment.astimezone(UTC).timestamp())}.000000"


@lru_cache(maxsize=8)
def _users(api: SlackApi, _: date) -> Names:
    return user_names(list(api.listed("users.list", "members")))
