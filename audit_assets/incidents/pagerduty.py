"""PagerDuty as a source: `*.json` files in any number of pages. The same id in two pages is loaded once, in its newest version.

What does not belong here: the shape of a record (pagerduty_rows.py) and what an incident means (the warehouse).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from audit_assets.errors import SourceRejected
from audit_assets.incidents.json_input import parse_json
from audit_assets.incidents.pagerduty_rows import Record, names_in, problem_of, records_of, row_of, version_at
from audit_assets.incidents.people import REMEMBERED_OBJECTS, KnownPeople, Names
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.tables import PAGERDUTY_ALERTS, PAGERDUTY_INCIDENTS, PAGERDUTY_LOG_ENTRIES
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition, Probe
from audit_assets.tables import Table

_NOTHING_HERE = "no `incidents`, `log_entries` or `alerts` at the top level"
_WITHOUT = {
    PAGERDUTY_LOG_ENTRIES.name: "no log entries: acknowledged and mitigated times will be known only where people wrote them down",
    PAGERDUTY_ALERTS.name: "no alerts: what was observed before a page is unknown",
}


@dataclass(frozen=True)
class Found:
    """A record with the object that it was found in."""

    record: Record
    item: ObjectStat


PAGERDUTY_TABLES: tuple[Table, ...] = (PAGERDUTY_INCIDENTS, PAGERDUTY_LOG_ENTRIES, PAGERDUTY_ALERTS)


class PagerDutySource(FileSource):
    """PagerDuty incidents, log entries and alerts from JSON files. `salt` makes the pseudonyms."""

    tables = PAGERDUTY_TABLES
    suffixes = (".json",)
    keeps_copies = False  # not redacted yet

    def __init__(self, name: str, uri: str, base: Path, index: Path, salt: str) -> None:
        super().__init__(name, uri, base, index)
        self.redactor, self.known = Redactor(salt), KnownPeople()

    @property
    def settings(self) -> str:
        """The list of people, as far as it decides what the rows say."""
        return self.known.fingerprint()

    def people(self) -> Names:
        """Everybody whom a record names."""
        return {name: identity for item in self.listing().objects for name, identity in _people_of(item).items()}

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The UTC days on which the object's records were created."""
        moments = (record.created_at for record in _records(item))
        return frozenset(moment.date() for moment in moments if moment)

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The records of each day, newest versions only; records that cannot be loaded are quarantined."""
        for items in dict.fromkeys(inputs.values()):
            documents = [(item, _document(item)) for item in items]
            names = {name: identity for _, document in documents for name, identity in names_in(document).items()}
            found = [Found(record, item) for item, document in documents for record in records_of(document) or []]
            by_day = self._by_day(found, inputs)
            redactor = self.redactor.knowing(names | self.known.names(self.name))
            for day in (day for day, held in inputs.items() if held == items):
                for table in self.tables:
                    yield from partition_of(table, (self.name, day, items), by_day.get((table.name, day), []), redactor)

    def _by_day(self, found: Sequence[Found], inputs: Inputs) -> dict[tuple[str, date], list[Found]]:
        by_day: dict[tuple[str, date], list[Found]] = defaultdict(list)
        for one in found:
            moment = one.record.created_at
            day = moment.date() if moment else self.first_day(one.item, inputs)
            by_day[one.record.table.name, day].append(one)
        return by_day

    def probe(self) -> Probe:
        """As for files, and which kinds of record are absent."""
        probe = super().probe()
        readable, _ = self.indexed()
        held = {record.table.name for item, _ in readable for record in _records(item)}
        if not held:
            return probe
        return replace(probe, missing=(*(text for name, text in _WITHOUT.items() if name not in held), *probe.missing))


def partition_of(
    table: Table, place: tuple[str, date, Sequence[ObjectStat]], found: Sequence[Found], redactor: Redactor
) -> Iterator[Partition]:
    """What was found of a table, as the day of a source: `place` is the source's name, the day and its objects. Nothing found, nothing
    yielded."""
    source, day, items = place
    usable = [one for one in found if problem_of(one.record) is None]
    rows = [{**row_of(one.record, redactor, source, one.item.uri), "deliveries": deliveries} for one, deliveries in newest(usable)]
    refused = [_quarantined(one, redactor) for one in found if problem_of(one.record) is not None]
    if rows or refused:
        yield Partition(table, day, table.rows(rows), pa.Table.from_pylist(refused, schema=QUARANTINE), tuple(items))


def newest(found: Sequence[Found]) -> Iterator[tuple[Found, int]]:
    """One record an id, in order of creation: the newest version, of equal ones that of the last file; with how many were delivered."""
    by_id: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_id[str(one.record.value["id"])].append(one)  # type: ignore[index]
    kept = [(_newest_of(same), len(same)) for same in by_id.values()]
    yield from sorted(kept, key=lambda pair: (pair[0].record.created_at, str(pair[0].record.value["id"])))  # type: ignore[index]


def _newest_of(same: Sequence[Found]) -> Found:
    # most records are delivered once, and telling the age of each costs more than everything else here
    return same[0] if len(same) == 1 else max(same, key=lambda one: (version_at(one.record), one.item.uri))


@lru_cache(maxsize=REMEMBERED_OBJECTS)
def _people_of(item: ObjectStat) -> Names:
    try:
        return names_in(_document(item))
    except SourceRejected:
        return {}


def _document(item: ObjectStat) -> object:
    return parse_json(item.path.read_bytes(), item.uri)


def _records(item: ObjectStat) -> list[Record]:
    records = records_of(_document(item))
    if records is None:
        raise SourceRejected(item.uri, _NOTHING_HERE, "export the PagerDuty REST pages, or move this file elsewhere")
    return records


def _quarantined(one: Found, redactor: Redactor) -> dict[str, object]:
    column, reason = problem_of(one.record) or ("", "")
    return {
        "uri": one.item.uri,
        "position": one.record.position,
        "column": column,
        "reason": reason,
        "raw": redactor.raw(one.record.value),
    }
