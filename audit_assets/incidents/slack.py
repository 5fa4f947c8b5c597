"""Slack as a source: an export ZIP or an unpacked folder. A message that the export holds twice is loaded once.

A reply lies in the file of its own day, and a file's day is the workspace's, not UTC's; rows go by their own time and threads meet
again in the warehouse. Direct messages are not read: what two people say to each other is no evidence of an estate. What does not
belong here: archives (slack_export.py) and the shape of a message (slack_rows.py).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from audit_assets.errors import SourceRejected
from audit_assets.incidents.json_input import member, parse_json, text_or_none
from audit_assets.incidents.people import REMEMBERED_OBJECTS, KnownPeople, Names
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.slack_export import ExportFile, files_of
from audit_assets.incidents.slack_rows import current, posted_at, problem_of, row_of, version_of
from audit_assets.incidents.tables import SLACK_MESSAGES
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition, Probe
from audit_assets.tables import Table

CHANNEL_LISTS = ("channels.json", "groups.json")
USERS = "users.json"


Item = TypeVar("Item")
Days = dict[date, list[Item]]


@dataclass(frozen=True)
class Posted:
    """A message in its place: `position` is 1-based within its file; `channel` the name of its folder."""

    channel: str
    position: int
    uri: str
    item: ObjectStat
    message: object


@dataclass
class Export:
    """What the objects of an export hold together."""

    posted: list[Posted] = field(default_factory=list)
    unreadable: list[tuple[ObjectStat, SourceRejected]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # name → user id
    channel_ids: dict[str, str] = field(default_factory=dict)
    listed_users: bool = False


class SlackSource(FileSource):
    """Slack messages from an export. `channels`: names to read, None for all; `salt` makes the pseudonyms."""

    tables: tuple[Table, ...] = (SLACK_MESSAGES,)
    suffixes = (".zip", ".json")
    keeps_copies = False  # not redacted yet

    def __init__(self, name: str, uri: str, base: Path, index: Path, salt: str, channels: Sequence[str] | None = None) -> None:
        super().__init__(name, uri, base, index)
        self.redactor, self.known = Redactor(salt), KnownPeople()
        self.channels = None if channels is None else frozenset(channel.lstrip("#") for channel in channels)
        if self.channels is not None:  # other channels make other rows from the same input
            chosen = hashlib.sha256("\n".join(sorted(self.channels)).encode()).hexdigest()
            self.version = type(self).version * 2**32 + int(chosen[:8], 16)

    @property
    def settings(self) -> str:
        """The list of people, as far as it decides what the rows say."""
        return self.known.fingerprint()

    def people(self) -> Names:
        """Everybody in the list of users, and authors whose profile their message carries."""
        return {name: identity for item in self.listing().objects for name, identity in _people_of(item).items()}

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The UTC days on which the object's messages were posted; none for the lists of users and channels."""
        moments = (posted_at(member(posted.message, "ts")) for posted in self._read([item]).posted)
        return frozenset(moment.date() for moment in moments if moment)

    def inputs(self, days: Sequence[date]) -> Inputs:
        """Objects by day; every day also depends on the lists of users and channels, which name people and places."""
        found = super().inputs(days)
        lists = [item for item, _ in self.indexed()[0] if item.path.name in (USERS, *CHANNEL_LISTS)]
        return {day: tuple(sorted({*items, *lists})) if _but(items, lists) else () for day, items in found.items()}

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The messages of each day, each once; messages and files that cannot be loaded are quarantined."""
        for items in dict.fromkeys(inputs.values()):
            export = self._read(items)
            redactor = self.redactor.knowing(export.names | self.known.names(self.name))
            loaded, refused = self._by_day(export, inputs, redactor)
            for day in (day for day, held in inputs.items() if held == items and (loaded.get(day) or refused.get(day))):
                rows = [posted_row(one, redactor, self.name, export.channel_ids, count) for one, count in once(loaded.get(day, []))]
                quarantined = pa.Table.from_pylist(refused.get(day, []), schema=QUARANTINE)
                yield Partition(SLACK_MESSAGES, day, SLACK_MESSAGES.rows(rows), quarantined, items)

    def _by_day(self, export: Export, inputs: Inputs, redactor: Redactor) -> tuple[Days[Posted], Days[dict[str, object]]]:
        loaded: Days[Posted] = defaultdict(list)
        refused: Days[dict[str, object]] = defaultdict(list)
        for one in export.posted:
            moment = posted_at(member(one.message, "ts"))
            if moment is not None:
                loaded[moment.date()].append(one)
            else:
                refused[self.first_day(one.item, inputs)].append(quarantined_row(one, redactor))
        for item, refusal in export.unreadable:
            row = {"uri": refusal.uri, "position": 1, "column": "", "reason": refusal.reason, "raw": None}
            refused[self.first_day(item, inputs)].append(row)
        return loaded, refused

    def _read(self, items: Sequence[ObjectStat]) -> Export:
        export = Export()
        for item in items:
            for file in files_of(item):
                self._read_file(file, item, export)
        return export

    def _read_file(self, file: ExportFile, item: ObjectStat, export: Export) -> None:
        if file.holds_messages:
            if not file.is_direct and (self.channels is None or file.channel in self.channels):
                _read_messages(file, item, export)
        elif file.path.name == USERS:
            export.listed_users = True
            export.names.update(user_names(parse_json(file.content, file.uri)))
        elif file.path.name in CHANNEL_LISTS:
            export.channel_ids.update(_channel_ids(parse_json(file.content, file.uri)))

    def probe(self) -> Probe:
        """As for files, and what an export should hold and does not."""
        probe = super().probe()
        readable, _ = self.indexed()
        if not readable:
            return probe
        missing = self._missing(self._read([item for item, _ in readable]))
        return replace(probe, missing=(*missing, *probe.missing))

    def _missing(self, export: Export) -> Iterator[str]:
        seen = {one.channel for one in export.posted}
        if not export.listed_users:
            yield "users.json: names written out in messages can only be recognised where a message carries its author's profile"
        if not export.channel_ids:
            yield "channels.json: links to messages cannot be followed"
        for channel in sorted((self.channels or frozenset()) - seen):
            yield f"channel {channel}: chosen in audit.yaml, not in the export"
        for channel in sorted(export.channel_ids.keys() - seen) if self.channels is None else ():
            yield f"channel {channel}: listed in the export, without a message"
        yield from _missing_replies(export.posted)
        yield from (f"{refusal.uri}: {refusal.reason}" for _, refusal in export.unreadable)


def _but(items: Sequence[ObjectStat], lists: Sequence[ObjectStat]) -> bool:
    return any(item not in lists for item in items)


def _read_messages(file: ExportFile, item: ObjectStat, export: Export) -> None:
    try:
        messages = parse_json(file.content, file.uri)
        if not isinstance(messages, list):
            raise SourceRejected(file.uri, "not a list of messages", "export again")
    except SourceRejected as refusal:
        if file.uri == item.uri:
            raise
        export.unreadable.append((item, refusal))  # one broken file of an archive leaves the others readable
        return
    for position, message in enumerate(messages, 1):
        export.posted.append(Posted(file.channel, position, file.uri, item, current(message)))
        export.names.update(profile_names(message))


@lru_cache(maxsize=REMEMBERED_OBJECTS)
def _people_of(item: ObjectStat) -> Names:
    listed, authors = dict[str, str](), dict[str, str]()
    try:
        for file in files_of(item):
            if file.path.name == USERS:
                listed.update(user_names(parse_json(file.content, file.uri)))
            elif file.holds_messages and not file.is_direct and b'"user_profile"' in file.content:
                authors.update(_authors(file))
    except SourceRejected:
        pass  # its day says why
    return authors | listed


def _authors(file: ExportFile) -> Names:
    try:
        messages = parse_json(file.content, file.uri)
    except SourceRejected:
        return {}  # one broken file of an archive leaves the others readable
    said = messages if isinstance(messages, list) else []
    return {name: identity for message in said for name, identity in profile_names(message).items()}


def user_names(users: object) -> dict[str, str]:
    """Name → id of the people in a list of users."""
    people = users if isinstance(users, list) else []
    return {name: identity for user in people if not member(user, "is_bot") for name, identity in _names_of(user).items()}


def _names_of(user: object) -> Mapping[str, str]:
    identity = text_or_none(member(user, "id"))
    if identity is None:
        return {}
    paths = [("name",), ("real_name",), ("profile", "real_name"), ("profile", "display_name")]
    written = (text_or_none(member(user, *path)) for path in paths)
    return {name: identity for name in written if name}


def profile_names(message: object) -> dict[str, str]:
    """Name → id of a message's author, where it carries a profile."""
    user, profile = text_or_none(member(message, "user")), member(message, "user_profile")
    written = (text_or_none(member(profile, key)) for key in ("real_name", "display_name", "name"))
    return {name: user for name in written if name and user}


def _channel_ids(listed: object) -> dict[str, str]:
    channels = listed if isinstance(listed, list) else []
    pairs = ((text_or_none(member(channel, "name")), text_or_none(member(channel, "id"))) for channel in channels)
    return {name or identity: identity for name, identity in pairs if identity}


def once(posted: Sequence[Posted]) -> Iterator[tuple[Posted, int]]:
    """Each message once, in order of time: its latest version, with how often the export held it."""
    copies: dict[tuple[str, str], list[Posted]] = defaultdict(list)
    for one in posted:
        copies[one.channel, str(member(one.message, "ts"))].append(one)
    for (_, _), same in sorted(copies.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        yield max(same, key=lambda one: (version_of(one.message), one.uri)), len(same)


def _missing_replies(posted: Sequence[Posted]) -> Iterator[str]:
    held = {(one.channel, member(one.message, "ts")) for one in posted}
    threads = {(one.channel, member(one.message, "thread_ts")) for one in posted if member(one.message, "thread_ts")}
    rootless = len(threads - held)
    absent = 0
    for one in posted:
        replies = member(one.message, "replies")
        absent += sum((one.channel, member(reply, "ts")) not in held for reply in replies) if isinstance(replies, list) else 0
    if rootless:
        yield f"{rootless} threads without their first message"
    if absent:
        yield f"{absent} replies that a thread names are not in the export"


def posted_row(one: Posted, redactor: Redactor, source: str, ids: Mapping[str, str], deliveries: int) -> dict[str, object]:
    """A message as a row. `ids`: channel name → id, as far as known."""
    row = row_of(one.message, redactor, source, (one.channel, ids.get(one.channel)), one.uri)
    return {**row, "deliveries": deliveries}


def quarantined_row(one: Posted, redactor: Redactor) -> dict[str, object]:
    """What is kept of a message that cannot be loaded."""
    column, reason = problem_of(one.message) or ("", "")
    raw = redactor.raw(one.message)
    return {"uri": one.uri, "position": one.position, "column": column, "reason": reason, "raw": raw}
