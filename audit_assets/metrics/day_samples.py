"""Samples of some days on their way to the lake: spilled to disk as they come, then sorted, each (series, time) kept once.

Memory stays flat: at most ROWS_WAITING rows wait to be written, and about ROWS_AT_ONCE rows of a day are sorted at a time.
What does not belong here: where samples come from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.metrics.catalog import is_creation_time, metric_type
from audit_assets.metrics.labels import SeriesName, pod_of, relabelled_exporters, series_id
from audit_assets.metrics.tables import SAMPLES, SERIES
from audit_assets.source import QUARANTINE

ROWS_AT_ONCE = 4_000_000  # sorted together
ROWS_WAITING = 2_000_000  # kept in memory before they are written down: 64 MB
PART_BITS = 6
PARTS = 1 << PART_BITS
DAY_MICROSECONDS = 86_400_000_000
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_ROW = np.dtype([("series", "<i4"), ("input", "<i4"), ("position", "<i8"), ("ts", "<i8"), ("value", "<f8")])
_Rows = npt.NDArray[np.void]
Ints = npt.NDArray[np.int64]


class SeriesRegister:
    """The series met so far, by their place in order of appearance."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.names: list[SeriesName] = []
        self.ids: list[int] = []
        self._places: dict[SeriesName, int] = {}

    def place(self, name: SeriesName) -> int:
        """The place of a series, new or known."""
        known = self._places.get(name)
        if known is None:
            known = self._places[name] = len(self.names)
            self.names.append(name)
            self.ids.append(series_id(self.cluster, name))
        return known


@dataclass(frozen=True)
class Batch:
    """Samples to add: places in the register, µs since 1970, values, positions in the input (lines), and the input's number."""

    series: Ints
    ts: Ints
    value: npt.NDArray[np.float64]
    position: Ints
    input: int = 0


class DaySpill:
    """Samples by day, and within a day by the first bits of series_id: in memory while they are few, else in files below `folder`.

    Samples of other days are left out, and so is NaN: it says that nothing was measured.
    """

    def __init__(self, folder: Path, days: frozenset[date], register: SeriesRegister) -> None:
        self.folder, self.days, self.register = folder, days, register
        self._waiting: dict[date, list[_Rows]] = {}
        self._waiting_rows = 0
        self._seen: dict[date, npt.NDArray[np.bool_]] = {}
        self._parts: dict[tuple[date, int], int] = {}  # rows on disk

    def add(self, batch: Batch) -> None:
        """Append a batch, in the order in which it came."""
        measured = ~np.isnan(batch.value)
        number = batch.ts // DAY_MICROSECONDS
        for one in _distinct(number):
            day = date.fromordinal(EPOCH_ORDINAL + int(one))
            if day in self.days:
                rows = _rows(batch, measured & (number == one))
                self._waiting.setdefault(day, []).append(rows)
                self._waiting_rows += len(rows)
        if self._waiting_rows > ROWS_WAITING:
            for day in list(self._waiting):
                self._write(day)
            self._waiting_rows = 0

    def places(self, day: date) -> Ints:
        """The series that have samples that day, by place in the register."""
        for rows in self._waiting.get(day, []):
            self._see(day, rows)
        return np.flatnonzero(self._seen.get(day, np.empty(0, bool)))

    def read(self, day: date) -> Iterator[_Rows]:
        """The rows of a day in parts of whole series, by ascending series_id, at most about ROWS_AT_ONCE each; frees what it read."""
        if not any(key[0] == day for key in self._parts):
            yield np.concatenate([np.empty(0, _ROW), *self._waiting.pop(day, [])])
            return
        self._write(day)
        together: list[_Rows] = []
        for part in range(PARTS):
            rows = self._parts.pop((day, part), 0)
            if together and sum(map(len, together)) + rows > ROWS_AT_ONCE:
                yield np.concatenate(together)
                together = []
            if rows:
                path = self._path(day, part)
                together.append(np.fromfile(path, _ROW))
                path.unlink()
        yield np.concatenate(together)

    def _write(self, day: date) -> None:
        rows = np.concatenate([np.empty(0, _ROW), *self._waiting.pop(day, [])])
        self._see(day, rows)
        part_of = (np.array(self.register.ids, np.uint64) >> np.uint64(64 - PART_BITS)).astype(np.uint8)
        part = part_of[rows["series"]]
        rows = np.take(rows, np.argsort(part, kind="stable"))  # 7 times as fast as an index on records
        ends = np.cumsum(np.bincount(part, minlength=PARTS))
        for number in np.flatnonzero(np.diff(ends, prepend=0)):
            mine = rows[ends[number - 1] if number else 0 : ends[number]]
            with self._path(day, int(number)).open("ab") as stream:
                mine.tofile(stream)
            self._parts[day, int(number)] = self._parts.get((day, int(number)), 0) + len(mine)

    def _see(self, day: date, rows: _Rows) -> None:
        seen = np.zeros(len(self.register.names), bool)
        before = self._seen.get(day, seen[:0])
        seen[: before.size] = before
        seen[rows["series"]] = True
        self._seen[day] = seen

    def _path(self, day: date, part: int) -> Path:
        return self.folder / f"{day.isoformat()}-{part}.spill"


def _distinct(number: Ints) -> Ints:
    """Each of the day numbers once; most batches are of one day, and need no sorting to tell."""
    return number[:1] if number.size and number.min() == number.max() else np.unique(number)


def _rows(batch: Batch, chosen: npt.NDArray[np.bool_]) -> _Rows:
    rows = np.empty(int(np.count_nonzero(chosen)), _ROW)
    rows["series"], rows["ts"], rows["value"] = batch.series[chosen], batch.ts[chosen], batch.value[chosen]
    rows["position"], rows["input"] = batch.position[chosen], batch.input
    return rows


@dataclass(frozen=True)
class SettledDay:
    """A day ready to commit: its samples as Parquet, its series, and the samples that another input contradicted."""

    samples: Path
    series: pa.Table
    conflicts: pa.Table


@dataclass(frozen=True)
class DayContext:
    """What the rows of a day refer to: the source, the inputs' names by number, and the types that those inputs declare."""

    source: str
    uris: Sequence[str]
    declared: Mapping[str, str]


@dataclass(frozen=True)
class _Slice:
    """Samples of consecutive ranks, sorted by rank and time, each once; `starts` and `ends` bound the series."""

    rank: npt.NDArray[np.int32]
    ts: Ints
    value: npt.NDArray[np.float64]
    starts: Ints
    ends: Ints


def settle(spill: DaySpill, day: date, context: DayContext) -> SettledDay | None:
    """Sort a day by (series_id, ts), keep the last input's value of each, and describe its series. None when the day has no samples."""
    register = spill.register
    places, rank = _ranked(spill.places(day), register, context)
    if not places.size:
        return None
    ids = np.array(register.ids, np.uint64)[places]
    path = spill.folder / f"{day.isoformat()}.parquet"
    statistics, conflicts = [], []
    with _writer(path) as writer:
        for rows in spill.read(day):
            part, disputed = _sorted_once(rows, rank)
            writer.write_table(_sample_rows(part, ids), row_group_size=1_000_000)
            statistics.append(_statistics(part))
            conflicts.append(_conflict_rows(disputed, register, context))
    names = [register.names[place] for place in places]
    series = _series_rows(register.cluster, names, ids, pa.concat_tables(statistics), context)
    return SettledDay(path, series, pa.concat_tables(conflicts))


def _ranked(present: Ints, register: SeriesRegister, context: DayContext) -> tuple[Ints, npt.NDArray[np.int32]]:
    """(places of the day's series by ascending series_id, rank by place; -1 for series that are not of the day or only `_created`)."""
    metrics = {register.names[place].metric for place in present}
    created = {metric for metric in metrics if is_creation_time(metric, context.declared, metrics)}
    kept = np.array([place for place in present if register.names[place].metric not in created], np.int64)
    places = kept[np.argsort(np.array(register.ids, np.uint64)[kept], kind="stable")]
    rank = np.full(len(register.names), -1, np.int32)
    rank[places] = np.arange(places.size, dtype=np.int32)
    return places, rank


def _sorted_once(rows: _Rows, ranks: npt.NDArray[np.int32]) -> tuple[_Slice, _Rows]:
    """(the slice, rows that lost to a later input with another value)."""
    from audit_assets.metrics.ordering import order_by_rank  # noqa: PLC0415 - loads numba

    rank = ranks[rows["series"]]
    if rank.min(initial=0) < 0:
        rows, rank = rows[rank >= 0], rank[rank >= 0]
    ts, low = np.ascontiguousarray(rows["ts"]), rank.min(initial=0)
    order = order_by_rank(rank - low, int(rank.max(initial=0) - low) + 1)
    same_series = rank[order][1:] == rank[order][:-1]
    if np.any(same_series & (ts[order][1:] < ts[order][:-1])):
        order = np.lexsort((ts, rank))  # stable: equal times stay in the order of inputs and lines
    rank, ts, value = rank[order], ts[order], rows["value"][order]
    last = np.append((rank[1:] != rank[:-1]) | (ts[1:] != ts[:-1]), True)[: rank.size]
    kept, lost = np.flatnonzero(last), np.flatnonzero(~last)
    winner = kept[np.searchsorted(kept, lost)]
    disputed = rows[order[lost[value[lost] != value[winner]]]]
    rank, ts, value = rank[kept], ts[kept], value[kept]
    starts = np.flatnonzero(np.append(True, rank[1:] != rank[:-1])[: rank.size])
    return _Slice(rank, ts, value, starts, np.append(starts, rank.size)[1:]), disputed


def _writer(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        SAMPLES.schema,
        compression="zstd",
        use_dictionary=["series_id", "value"],
        column_encoding={"ts": "DELTA_BINARY_PACKED"},
    )


def _sample_rows(part: _Slice, ids: npt.NDArray[np.uint64]) -> pa.Table:
    moments = pa.array(part.ts).view(SAMPLES.schema.field("ts").type)
    return pa.table([pa.array(ids[part.rank]), moments, pa.array(part.value)], schema=SAMPLES.schema)


def _statistics(part: _Slice) -> pa.Table:
    from audit_assets.metrics.ordering import spacing  # noqa: PLC0415 - loads numba

    median, longest = spacing(part.ts, part.starts, part.ends)
    moment = SERIES.schema.field("first_ts").type
    return pa.table(
        {
            "first_ts": pa.array(part.ts[part.starts]).view(moment),
            "last_ts": pa.array(part.ts[part.ends - 1]).view(moment),
            "first_value": pa.array(part.value[part.starts]),
            "last_value": pa.array(part.value[part.ends - 1]),
            "samples": pa.array(part.ends - part.starts),
            "interval_seconds": pa.array(median / 1e6, from_pandas=True),
            "longest_gap_seconds": pa.array(longest / 1e6, from_pandas=True),
        }
    )


def _series_rows(
    cluster: str, names: Sequence[SeriesName], ids: npt.NDArray[np.uint64], statistics: pa.Table, context: DayContext
) -> pa.Table:
    metrics = {name.metric for name in names}
    types = {metric: metric_type(metric, context.declared, metrics) for metric in metrics}
    relabelled = relabelled_exporters(names)
    pods = [pod_of(name, relabelled) for name in names]
    columns = {
        "source": pa.repeat(context.source, len(names)),
        "cluster": pa.repeat(cluster, len(names)),
        "series_id": pa.array(ids),
        "metric": pa.array([name.metric for name in names], pa.string()),
        "metric_type": pa.array([types[name.metric] for name in names], pa.string()),
        "labels": pa.array([name.labels for name in names], SERIES.schema.field("labels").type),
        "namespace": pa.array([namespace for namespace, _ in pods], pa.string()),
        "pod": pa.array([pod for _, pod in pods], pa.string()),
    }
    for column in statistics.column_names:
        columns[column] = statistics[column]
    return pa.table([columns[column] for column in SERIES.schema.names], schema=SERIES.schema)


def _conflict_rows(disputed: _Rows, register: SeriesRegister, context: DayContext) -> pa.Table:
    reason = "another value for the same series and time; the last one, by file name and line, was kept"
    return QUARANTINE.empty_table() if not len(disputed) else pa.Table.from_pylist(
        [
            {
                "uri": context.uris[row["input"]],
                "position": int(row["position"]) or None,
                "column": "value",
                "reason": reason,
                "raw": f"{register.names[row['series']].metric} {row['value']!r} at {np.datetime64(int(row['ts']), 'us')}Z"[:500],
            }
            for row in disputed
        ],
        schema=QUARANTINE,
    )  # fmt: skip
