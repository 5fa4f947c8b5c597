"""OpenMetrics and Prometheus text files: any number of files, any number of days in each.

Timestamps may be seconds (OpenMetrics) or milliseconds (Prometheus text): their size tells, 1e11 lies in 1973 as milliseconds and in
5138 as seconds. A line that holds no sample is quarantined with its number, in the day of the sample before it (the first line: after it).
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from audit_assets.errors import SourceRejected
from audit_assets.metrics.day_samples import (
    DAY_MICROSECONDS,
    EPOCH_ORDINAL,
    Batch,
    DayContext,
    DaySpill,
    SeriesRegister,
    SettledDay,
    settle,
)
from audit_assets.metrics.labels import parse_key
from audit_assets.metrics.tables import SAMPLE_TABLES, SAMPLES, SERIES
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition, Rejection

if TYPE_CHECKING:
    from audit_assets.metrics.exposition import Block, Exposition

SUFFIXES = tuple(suffix + zipped for suffix in (".om", ".prom", ".txt") for zipped in ("", ".gz"))


class OpenMetricsFiles(FileSource):
    """Metrics of one cluster as text files."""

    tables = SAMPLE_TABLES
    suffixes = SUFFIXES

    def __init__(self, name: str, uri: str, base: Path, index: Path, cluster: str) -> None:
        super().__init__(name, uri, base, index)
        self.cluster = cluster

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The days that the file has samples of; reads every timestamp once."""
        from audit_assets.metrics.exposition import Exposition  # noqa: PLC0415 - loads numba

        numbers: set[int] = set()
        for block in Exposition(item).blocks():
            numbers.update(np.unique(block.ts // DAY_MICROSECONDS).tolist())
        return frozenset(_date(number) for number in numbers)

    def indexed(self) -> tuple[list[tuple[ObjectStat, frozenset[date]]], tuple[Rejection, ...]]:
        """Every readable object with its days, and the refused ones; looks at new files side by side."""
        with suppress(SourceRejected), ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self._look, self.listing().objects))
        return super().indexed()

    def _look(self, item: ObjectStat) -> None:
        with suppress(SourceRejected):
            self._days_by_content(item)

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """Both tables of every day; each file is read once, however many days it holds."""
        register = SeriesRegister(self.cluster)
        spill = DaySpill(scratch, frozenset(inputs), register)
        objects = sorted({item for items in inputs.values() for item in items})
        set_aside: dict[date, list[dict[str, object]]] = {}
        declared: dict[str, dict[str, str]] = {}
        for number, item in enumerate(objects):
            reading = _Reading(item, number, register, spill)
            declared[item.uri] = reading.run()
            for day, rows in reading.set_aside.items():
                set_aside.setdefault(day, []).extend(rows)
        for day, items in inputs.items():
            types = {family: kind for item in items for family, kind in declared[item.uri].items()}
            context = DayContext(self.name, [item.uri for item in objects], types)
            settled = settle(spill, day, context)
            yield from day_partitions(day, settled, set_aside.get(day, []), items)


def day_partitions(
    day: date, settled: SettledDay | None, set_aside: Sequence[dict[str, object]], items: tuple[ObjectStat, ...]
) -> Iterator[Partition]:
    """The partitions of a day; conflicts and rows that were set aside are quarantined with the samples."""
    refused = pa.Table.from_pylist(list(set_aside), schema=QUARANTINE).sort_by([("uri", "ascending"), ("position", "ascending")])
    if settled is not None:
        yield Partition(SAMPLES, day, settled.samples, pa.concat_tables([refused, settled.conflicts]), items)
        yield Partition(SERIES, day, settled.series, inputs=items)
    elif refused.num_rows:
        yield Partition(SAMPLES, day, SAMPLES.schema.empty_table(), refused, items)


@dataclass
class _Reading:
    """One file on its way into the spill."""

    item: ObjectStat
    number: int
    register: SeriesRegister
    spill: DaySpill
    set_aside: dict[date, list[dict[str, object]]] = field(default_factory=dict)
    _places: list[int] = field(default_factory=list)  # by key of the file; -1 when its labels cannot be read
    _problems: dict[int, str] = field(default_factory=dict)
    _undated: list[dict[str, object]] = field(default_factory=list)
    _last_day: date | None = None

    def run(self) -> dict[str, str]:
        """Read the file; returns the types that it declares."""
        from audit_assets.metrics.exposition import Exposition  # noqa: PLC0415 - loads numba

        exposition = Exposition(self.item)
        for block in exposition.blocks():
            self._learn(exposition)
            self._set_bad_lines_aside(block)
            series = np.array(self._places, np.int64)[block.key] if block.key.size else block.key
            known = series >= 0
            if not known.all():
                self._set_unreadable_aside(block, np.flatnonzero(~known))
            self.spill.add(Batch(series[known], block.ts[known], block.value[known], block.line[known], self.number))
        return exposition.types

    def _learn(self, exposition: "Exposition") -> None:
        for key in range(len(self._places), exposition.known_keys()):
            try:
                self._places.append(self.register.place(parse_key(exposition.key(key))))
            except ValueError as problem:
                self._places.append(-1)
                self._problems[key] = str(problem)

    def _set_bad_lines_aside(self, block: "Block") -> None:
        for bad in block.bad:
            before = int(np.searchsorted(block.line, bad.line))
            if before:
                self._last_day = _date(int(block.ts[before - 1]) // DAY_MICROSECONDS)
            self._put_aside(self._last_day, bad.line, bad.reason, bad.text)
        if block.ts.size:
            first, self._last_day = (_date(int(block.ts[at]) // DAY_MICROSECONDS) for at in (0, -1))
            undated, self._undated = self._undated, []
            self.set_aside.setdefault(first, []).extend(undated)

    def _set_unreadable_aside(self, block: "Block", rows: "np.typing.NDArray[np.int64]") -> None:
        for row in rows:
            day = _date(int(block.ts[row]) // DAY_MICROSECONDS)
            self._put_aside(day, int(block.line[row]), self._problems[int(block.key[row])], block.line_text(int(row)))

    def _put_aside(self, day: date | None, line: int, reason: str, text: str) -> None:
        record: dict[str, object] = {"uri": self.item.uri, "position": line, "column": None, "reason": reason, "raw": text}
        (self._undated if day is None else self.set_aside.setdefault(day, [])).append(record)


def _date(number: int) -> date:
    return date.fromordinal(EPOCH_ORDINAL + number)
