"""Reducing a day's sorted samples, series by series in one pass: increases of counters in five minutes, hours of gauges.

Increase is raw, as an error budget needs it: positive deltas, plus the value after a reset, nothing extrapolated. It belongs to the later
sample, and the day's first sample continues from the last one of the day before; the first sample ever adds nothing.
What does not belong here: what the metrics mean (rollup.py and its SQL).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

FIVE_MINUTES, HOUR = 300_000_000, 3_600_000_000  # µs
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """Samples of whole series, sorted by series and time, all finite. `series` are rows of the day's series table; `ts` in µs."""

    series: Ints
    ts: Ints
    value: Floats

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Run":
        """The samples for which `chosen` (by series row) holds."""
        mine = chosen[self.series]
        return self if mine.all() else Run(self.series[mine], self.ts[mine], self.value[mine])


@dataclass(frozen=True)
class Buckets:
    """Groups of a run by series and period, in order: where each starts, its series row and the start of its period (µs)."""

    starts: Ints
    series: Ints
    period: Ints
    samples: Ints


def runs(samples: Path, series_ids: npt.NDArray[np.uint64]) -> Iterator[Run]:
    """The file's samples of `series_ids` in runs of whole series; infinite values are left out. `series_ids` ascend, as the file does."""
    kept = pa.table({"series_id": pa.array([], pa.uint64()), "ts": pa.array([], pa.int64()), "value": pa.array([], pa.float64())})
    source = pq.ParquetFile(samples)
    for group in range(source.num_row_groups):
        rows = source.read_row_group(group)
        rows = rows.set_column(1, "ts", rows["ts"].combine_chunks().view(pa.int64()) if rows.num_rows else kept["ts"])
        rows = pa.concat_tables([kept, rows]).combine_chunks()
        ids = rows["series_id"].to_numpy()
        complete = len(ids) if group == source.num_row_groups - 1 else int(np.searchsorted(ids, ids[-1]))
        kept = rows.slice(complete)
        if complete:
            yield _finite(rows.slice(0, complete), series_ids)


def _finite(rows: pa.Table, series_ids: npt.NDArray[np.uint64]) -> Run:
    value, ids = rows["value"].to_numpy(), rows["series_id"].to_numpy()
    series = np.minimum(np.searchsorted(series_ids, ids), len(series_ids) - 1)
    kept = np.isfinite(value) & (series_ids[series] == ids)
    return Run(series[kept], rows["ts"].to_numpy()[kept], value[kept])


def buckets(run: Run, length: int) -> Buckets:
    """Group a run by series and period of `length` µs."""
    period = run.ts // length
    first = np.append(True, (run.series[1:] != run.series[:-1]) | (period[1:] != period[:-1]))
    starts = np.flatnonzero(first) if run.ts.size else np.empty(0, np.int64)
    return Buckets(starts, run.series[starts], period[starts] * length, np.diff(np.append(starts, run.ts.size)))


def increments(run: Run, carried: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(increase, whether it was a reset) at each sample. `carried`: last value of the day before by series row, NaN when there is none."""
    before = np.append(np.nan, run.value[:-1])
    first = np.append(True, run.series[1:] != run.series[:-1])[: run.ts.size]
    before = np.where(first, carried[run.series], before[: run.ts.size])
    reset = run.value < before
    increase = np.where(reset, run.value, run.value - before)
    return np.where(np.isnan(before), 0.0, np.maximum(increase, 0.0)), reset


def counter_buckets(run: Run, carried: Floats) -> pa.Table:
    """Increases in five minutes: series (row), bucket_start (µs), increase, resets, samples."""
    grouped = buckets(run, FIVE_MINUTES)
    increase, reset = increments(run, carried)
    return pa.table(
        {
            "series": grouped.series,
            "bucket_start": grouped.period,
            "increase": _summed(increase, grouped.starts),
            "resets": _summed(reset.astype(np.int64), grouped.starts),
            "samples": grouped.samples,
        }
    )


def gauge_hours(run: Run) -> pa.Table:
    """Hours of gauges: series (row), hour (µs), total, min, max, last, last_ts (µs), samples."""
    grouped = buckets(run, HOUR)
    ends = grouped.starts + grouped.samples - 1
    filled = bool(grouped.starts.size)
    return pa.table(
        {
            "series": grouped.series,
            "hour": grouped.period,
            "total": _summed(run.value, grouped.starts),
            "min": np.minimum.reduceat(run.value, grouped.starts) if filled else run.value,
            "max": np.maximum.reduceat(run.value, grouped.starts) if filled else run.value,
            "last": run.value[ends],
            "last_ts": run.ts[ends],
            "samples": grouped.samples,
        }
    )


def _summed(values: npt.NDArray[np.generic], starts: Ints) -> npt.NDArray[np.generic]:
    return np.add.reduceat(values, starts) if starts.size else values[:0]
