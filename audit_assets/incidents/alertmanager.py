"""Alertmanager as a source: alerts of its API and webhook bodies, as JSON or as JSON lines, packed or not. A firing that was delivered
several times (as reminders, and once more when it ended) is loaded once.

What does not belong here: the shape of an alert (alertmanager_rows.py) and what an alert means (the warehouse).
"""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from audit_assets.errors import SourceRejected
from audit_assets.incidents.alertmanager_rows import Alert, alerts_of, identity_of, problem_of, row_of, starts_at, version_of
from audit_assets.incidents.json_input import parse_json
from audit_assets.incidents.people import KnownPeople
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.tables import ALERTMANAGER_ALERTS
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition
from audit_assets.tables import Table

MAX_UNPACKED_BYTES = 2 * 2**30
_GZIP = b"\x1f\x8b"
_NOT_ALERTS = "no alerts: neither an API answer (a list of alerts) nor a webhook body (`alerts`)"
_FIX = "save what GET /api/v2/alerts answers or what a webhook receiver is sent, or move this file elsewhere"


@dataclass(frozen=True)
class Found:
    """An alert, or a line that holds none, with the object that it was found in. `problem`: its column and reason."""

    alert: Alert
    item: ObjectStat
    problem: tuple[str, str] | None


class AlertmanagerSource(FileSource):
    """Alerts from JSON files. `salt` makes the pseudonyms."""

    tables: tuple[Table, ...] = (ALERTMANAGER_ALERTS,)
    suffixes = tuple(f".{name}{packed}" for name in ("json", "jsonl", "ndjson") for packed in ("", ".gz"))
    keeps_copies = False  # not redacted yet

    def __init__(self, name: str, uri: str, base: Path, index: Path, salt: str) -> None:
        super().__init__(name, uri, base, index)
        self.redactor, self.known = Redactor(salt), KnownPeople()

    @property
    def settings(self) -> str:
        """The list of people, as far as it decides what the rows say."""
        return self.known.fingerprint()

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The UTC days on which the object's alerts began."""
        moments = (starts_at(one.alert) for one in found_in(item))
        return frozenset(moment.date() for moment in moments if moment)

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The alerts that began on each day, each firing once; what cannot be loaded is quarantined."""
        redactor = self.redactor.knowing(self.known.names())
        for items in dict.fromkeys(inputs.values()):
            by_day: dict[date, list[Found]] = defaultdict(list)
            for one in (one for item in items for one in found_in(item)):
                moment = starts_at(one.alert)
                by_day[moment.date() if moment else self.first_day(one.item, inputs)].append(one)
            for day in (day for day, held in inputs.items() if held == items and by_day.get(day)):
                yield self._partition(day, items, by_day[day], redactor)

    def _partition(self, day: date, items: Sequence[ObjectStat], found: Sequence[Found], redactor: Redactor) -> Partition:
        usable = newest([one for one in found if one.problem is None])
        rows = [{**row_of(one.alert, redactor, self.name, one.item.uri), "deliveries": count} for one, count in usable]
        refused = [_quarantined(one, redactor) for one in found if one.problem is not None]
        quarantined = pa.Table.from_pylist(refused, schema=QUARANTINE)
        return Partition(ALERTMANAGER_ALERTS, day, ALERTMANAGER_ALERTS.rows(rows), quarantined, tuple(items))


def _quarantined(one: Found, redactor: Redactor) -> dict[str, object]:
    column, reason = one.problem or ("", "")
    raw = redactor.raw(one.alert.value)
    return {"uri": one.item.uri, "position": one.alert.position, "column": column, "reason": reason, "raw": raw}


def newest(found: Sequence[Found]) -> Iterator[tuple[Found, int]]:
    """Each firing once, in order of its start: the delivery that knows most, with how many there were."""
    firings: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in found:
        firings[str(starts_at(one.alert)), identity_of(one.alert)].append(one)
    for _, same in sorted(firings.items()):
        best = max(same, key=lambda one: (version_of(one.alert), bool(one.alert.around), one.item.uri))
        yield best, len(same)


def found_in(item: ObjectStat) -> list[Found]:
    """The alerts of an object, and its lines that hold none. Raises SourceRejected when there is nothing of Alertmanager in it."""
    content = _unpacked(item)
    try:
        alerts = alerts_of(parse_json(content, item.uri))
    except SourceRejected:
        lines = _lines(content, item)
        if lines is None:
            raise
        return lines
    if alerts is None:
        raise SourceRejected(item.uri, _NOT_ALERTS, _FIX)
    return [Found(alert, item, problem_of(alert)) for alert in alerts]


def _lines(content: bytes, item: ObjectStat) -> list[Found] | None:
    """The alerts of JSON lines; None when no line is a JSON document with alerts."""
    found = [one for number, line in enumerate(content.splitlines(), 1) if line.strip() for one in _line(line, number, item)]
    return found if any(one.problem is None for one in found) else None


def _line(line: bytes, number: int, item: ObjectStat) -> list[Found]:
    try:
        alerts = alerts_of(parse_json(line, item.uri), number)
    except SourceRejected as refusal:
        return [Found(Alert(number, line.decode(errors="replace")), item, ("", refusal.reason))]
    if alerts is None:
        return [Found(Alert(number, line.decode(errors="replace")), item, ("", "not an alert, and no webhook body"))]
    return [Found(alert, item, problem_of(alert)) for alert in alerts]


def _unpacked(item: ObjectStat) -> bytes:
    content = item.path.read_bytes()
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.open(item.path) as packed:
            unpacked = packed.read(MAX_UNPACKED_BYTES + 1)
    except (EOFError, OSError, zlib.error) as problem:
        raise SourceRejected(item.uri, f"not a whole gzip file: {problem}", "copy it again; it may be cut") from problem
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise SourceRejected(item.uri, f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes", "split it by day")
    return unpacked
