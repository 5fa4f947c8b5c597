"""What every source offers: `probe()`, `inputs(days)` and `extract(days)`. Wire formats live in the source folders.

A source is picklable and keeps no state between calls: (audit, source, day) is a pure function, so any worker can do any day.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, runtime_checkable

import orjson
import pyarrow as pa

from audit_assets.audit_sources import S3Access
from audit_assets.errors import SourceMissing, SourceRejected
from audit_assets.objects import Listing, ObjectStat, list_objects
from audit_assets.s3 import is_s3, list_s3
from audit_assets.tables import Table

QUARANTINE = pa.schema(
    [
        pa.field("uri", pa.string()),
        pa.field("position", pa.int64()),  # 1-based line or row in the input, as a person would count it
        pa.field("column", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.string()),  # the offending value or row, cut to 500 characters; redacted for incidents
    ]
)


@dataclass(frozen=True)
class Partition:
    """One day of one table, ready to commit. `rows` is a table in the lake schema, or a Parquet file that holds one.

    rows_in = loaded + quarantined is checked by the lake. `gap_reason` says why a day has no rows, when that is known.
    """

    table: Table
    day: date
    rows: pa.Table | Path
    quarantined: pa.Table = field(default_factory=QUARANTINE.empty_table)
    inputs: tuple[ObjectStat, ...] = ()
    gap_reason: str | None = None


@dataclass(frozen=True)
class Rejection:
    """An input refused whole, with the fix. `absent`: it is not there at all."""

    uri: str
    reason: str
    fix: str = ""
    absent: bool = False

    @classmethod
    def of(cls, refusal: SourceRejected) -> "Rejection":
        """The record of a refusal."""
        return cls(refusal.uri, refusal.reason, refusal.fix, isinstance(refusal, SourceMissing))


@dataclass(frozen=True)
class Probe:
    """What `assay doctor` shows for a source.

    `days`: the UTC days for which it has data; None when only extraction can tell. `missing`: what a reader would expect and is absent.
    """

    reachable: bool
    detail: str
    days: frozenset[date] | None = None
    objects: int = 0
    bytes: int = 0
    rejected: tuple[Rejection, ...] = ()
    missing: tuple[str, ...] = ()


Inputs = Mapping[date, tuple[ObjectStat, ...]]  # the days to extract, each with the objects it depends on


class Source(Protocol):
    """One entry of `sources:` in audit.yaml, able to say what it has and to hand over its days."""

    @property
    def name(self) -> str:
        """Its name in audit.yaml."""

    @property
    def version(self) -> int:
        """Raised when the same input would extract to other rows."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The lake tables that it writes."""

    @property
    def live(self) -> bool:
        """Whether a day may change for some time after its end; then it is asked for again until it has settled."""

    @property
    def back_filled(self) -> bool:
        """Whether a day without rows may have some later, however old it is; then every run asks for it again."""

    def probe(self) -> Probe:
        """Look, load nothing. Never raises for bad input: it reports."""

    def inputs(self, days: Sequence[date]) -> Inputs:
        """The objects that each day depends on; equal fingerprints mean an equal day."""

    def rejections(self) -> tuple[Rejection, ...]:
        """Inputs refused whole while `inputs` looked at them."""

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """Yield every (table, day) of `inputs` that has rows or quarantined rows; what is not yielded is committed as a gap.

        A row without a usable day is quarantined in one day that depends only on its object: the first that the object holds
        within the window (`first_day`), or the day of the row before it. `scratch` is an empty
        folder for temporary files. Raises SourceUnavailable or SourceRejected; then nothing of these days is committed.
        """


@runtime_checkable
class HasSettings(Protocol):
    """A source whose rows depend on more than its objects."""

    @property
    def settings(self) -> str:
        """Changes when the same objects would extract to other rows. Raises SourceUnavailable when that cannot be told."""


class FileSource:
    """Base of sources that read files: finds them, learns once which days each holds, and remembers it by content.

    Subclasses set `tables`, `suffixes` and `version` and implement `days_of` and `extract`. Where `keeps_copies` is false, what is copied
    from a bucket lies in a temporary folder and goes with this process: texts that are not redacted yet don't belong below the home.
    `index` is a folder for what was learned (`<etag>.json`); losing it costs one more look, nothing else.
    """

    tables: tuple[Table, ...] = ()
    suffixes: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()  # ends of names of files that tell about the others
    version = 1
    live = back_filled = False
    keeps_copies = True
    s3: S3Access | None = None  # how to reach the bucket of an s3:// location
    window_start: date | None = None  # the audit's first day, if known

    def __init__(self, name: str, uri: str, base: Path, index: Path) -> None:
        self.name, self.uri, self.base, self.index = name, uri, base, index

    def listing(self) -> Listing:
        """The source's objects. Raises SourceRejected when the location does not exist, SourceUnavailable when a bucket does not answer."""
        if is_s3(self.uri):
            copies = self.index / "copies" if self.keeps_copies else None
            return list_s3(self.uri, self.s3 or S3Access(), copies, (self.suffixes, self.companions))
        return list_objects(self.uri, self.base, self.suffixes, self.companions)

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The days for which one object holds rows. Raises SourceRejected when it cannot be read."""
        raise NotImplementedError

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """As `Source.extract`."""
        raise NotImplementedError

    def indexed(self) -> tuple[list[tuple[ObjectStat, frozenset[date]]], tuple[Rejection, ...]]:
        """Every readable object with its days, and the refused ones. A location that is not there holds nothing; one that cannot be
        listed may hold all it ever did: raises SourceRejected."""
        try:
            listing = self.listing()
        except SourceMissing as missing:
            return [], (Rejection.of(missing),)
        readable, refused = [], [Rejection.of(refusal) for refusal in listing.refused]
        for item in listing.objects:
            try:
                readable.append((item, self._days_by_content(item)))
            except SourceRejected as refusal:
                refused.append(Rejection.of(refusal))
        return readable, tuple(refused)

    def _days_by_content(self, item: ObjectStat) -> frozenset[date]:
        remembered = self.index / f"{item.etag}-v{self.version}.json"
        if remembered.exists():
            return frozenset(date.fromisoformat(day) for day in orjson.loads(remembered.read_bytes()))
        days = self.days_of(item)
        self.index.mkdir(parents=True, exist_ok=True)
        replacement = remembered.with_suffix(f".{hashlib.sha256(str(item.path).encode()).hexdigest()[:8]}.tmp")
        replacement.write_bytes(orjson.dumps(sorted(day.isoformat() for day in days)))
        replacement.replace(remembered)
        return days

    def first_day(self, item: ObjectStat, inputs: Inputs) -> date:
        """The day in which rows of `item` that have no usable day are quarantined."""
        held = (day for day in self._days_by_content(item) if day >= (self.window_start or date.min))
        return min(held, default=self.window_start or min(inputs))

    def inputs(self, days: Sequence[date]) -> Inputs:
        """Objects by day. An object without any usable day belongs to the audit's first day, to be quarantined there."""
        found: dict[date, list[ObjectStat]] = {day: [] for day in days}
        first = self.window_start or min(days)
        for item, held in self.indexed()[0]:
            for day in (held or {first}) & found.keys():
                found[day].append(item)
        return {day: tuple(sorted(items)) for day, items in found.items()}

    def rejections(self) -> tuple[Rejection, ...]:
        """Files refused whole."""
        return self.indexed()[1]

    def probe(self) -> Probe:
        """What is there, which days it covers, what was refused and which files are of no known kind."""
        try:
            ignored = self.listing().ignored
        except SourceRejected as refusal:
            return Probe(False, refusal.reason, frozenset(), rejected=(Rejection.of(refusal),))
        readable, refused = self.indexed()
        if not readable and not refused:
            return Probe(True, "no files that this kind of source reads", frozenset(), missing=ignored)
        return Probe(
            reachable=True,
            detail=f"{len(readable)} files",
            days=frozenset().union(*(days for _, days in readable)),
            objects=len(readable),
            bytes=sum(item.size for item, _ in readable),
            rejected=refused,
            missing=tuple(f"ignored: {path}" for path in ignored),
        )


def input_digest(source: Source, inputs: Sequence[ObjectStat], settings: str = "") -> str:
    """What a day was made from: the source's version, the tables' columns, its settings and the content of its inputs. Hex SHA-256."""
    facts = [
        source.name,
        str(source.version),
        settings,
        *(f"{table.name}({', '.join(f'{field.name} {field.type}' for field in table.schema)})" for table in source.tables),
        *sorted(f"{item.uri}={item.etag}" for item in inputs),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
