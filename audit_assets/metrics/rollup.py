"""Rollups: each day of samples reduced to what the warehouse reads. Each day alone, from the lake, without the network or the warehouse.

Counters and gauges are reduced in one pass over the sorted samples (reduce.py); tables about GPUs, nodes, pods and alerts are SQL over
those hours (sql/), in a DuckDB of its own. A day needs only itself and the last values of the day before. Of two replicas of one Prometheus
one counts (replicas.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.lake import Lake
from audit_assets.metrics.reduce import Run, counter_buckets, gauge_hours, runs
from audit_assets.metrics.relations import relational_tables
from audit_assets.metrics.replicas import counted
from audit_assets.metrics.series_rows import SeriesRows
from audit_assets.metrics.tables import COUNTER_5M, GAUGE_HOURLY, HISTOGRAM_5M, ROLLUP_TABLES, SAMPLES, SERIES
from audit_assets.objects import ObjectStat
from audit_assets.source import Inputs, Partition, Probe, Rejection
from audit_assets.tables import TIMESTAMP, Table
from audit_assets.worker_database import connect


class RollupSource:
    """The reduction of one metric source. Its inputs are that source's days in the lake."""

    tables = ROLLUP_TABLES
    version = 2
    live = back_filled = False

    def __init__(self, name: str, cluster: str, lake: Lake) -> None:
        self.name, self.cluster, self.lake = name, cluster, lake

    def probe(self) -> Probe:
        """There is nothing outside the lake to look at."""
        return Probe(True, "reduced from the lake")

    def rejections(self) -> tuple[Rejection, ...]:
        """What the lake holds is never refused."""
        return ()

    def inputs(self, days: Sequence[date]) -> Inputs:
        """Samples and series of each day, and the series of the day before, where its counters stood."""
        return {day: tuple(self._objects(day)) for day in days}

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """Every rollup of each day that has samples."""
        with connect(scratch) as connection:
            for day, items in inputs.items():
                series = self.lake.read(self.name, SERIES, day)
                if not series.num_rows:
                    continue
                samples = next(item.path for item in items if f"/{SAMPLES.name}/" in item.uri)
                before = self.lake.read(self.name, SERIES, day - timedelta(days=1))
                folder = scratch / day.isoformat()
                folder.mkdir()
                rows = SeriesRows(counted(series), before)
                for table, reduced in reduce_day(connection, self.name, self.cluster, rows, samples, folder).items():
                    yield Partition(table, day, reduced, inputs=items)

    def _objects(self, day: date) -> Iterator[ObjectStat]:
        for table in (SAMPLES, SERIES):
            for folder, manifest in self.lake.committed(self.name, table, [day]):
                uri = f"{self.name}/{table.name}/{day.isoformat()}"
                yield ObjectStat(uri, manifest.bytes, manifest.sha256, folder / manifest.file)
        eve = day - timedelta(days=1)
        for folder, manifest in self.lake.committed(self.name, SERIES, [eve]):
            # a fingerprint of its own: days that share an object are reduced one after the other, and these need not be
            etag = sha256(f"eve {manifest.sha256}".encode()).hexdigest()
            yield ObjectStat(f"{self.name}/eve/{eve.isoformat()}", manifest.bytes, etag, folder / manifest.file)


def reduce_day(
    connection: duckdb.DuckDBPyConnection, source: str, cluster: str, rows: SeriesRows, samples: Path, folder: Path
) -> dict[Table, pa.Table | Path]:
    """All rollup tables of one day. `samples` is sorted by series and time; `folder` is an empty place for temporary files."""
    counters, histograms, gauges = (_Sink(table, folder) for table in (COUNTER_5M, HISTOGRAM_5M, GAUGE_HOURLY))
    hours, increments = [], []
    for run in runs(samples, rows.ids):
        risen = counter_buckets(run.only(rows.counters), rows.carried)
        counters.write(_counter_rows(rows, risen))
        increments.append(_chosen(risen, rows.apart))
        histograms.write(_histogram_rows(rows, counter_buckets(run.only(rows.buckets), rows.carried)))
        level = gauge_hours(run.only(rows.gauges))
        gauges.write(_gauge_rows(rows, _chosen(level, ~rows.apart)))
        hours.append(_chosen(level, rows.apart))
    written: dict[Table, pa.Table | Path] = {sink.table: sink.close() for sink in (counters, histograms, gauges)}
    watched = _by_id(rows, hours, gauge_hours(_NOTHING)), _by_id(rows, increments, counter_buckets(_NOTHING, rows.carried))
    return written | relational_tables(connection, source, cluster, rows.table, *watched, samples)


_NOTHING = Run(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


@dataclass
class _Sink:
    """A Parquet file of one table that grows batch by batch."""

    table: Table
    folder: Path
    _writer: pq.ParquetWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = pq.ParquetWriter(self._path, self.table.schema, compression="zstd")

    @property
    def _path(self) -> Path:
        return self.folder / f"{self.table.name}.parquet"

    def write(self, rows: pa.Table) -> None:
        """Append rows in the table's schema."""
        if rows.num_rows:
            self._writer.write_table(rows)

    def close(self) -> Path:
        """Finish the file."""
        self._writer.close()
        return self._path


def _chosen(reduced: pa.Table, flags: "np.typing.NDArray[np.bool_]") -> pa.Table:
    return reduced.filter(pa.array(flags[reduced["series"].to_numpy()]))


def _by_id(rows: SeriesRows, parts: list[pa.Table], empty: pa.Table) -> pa.Table:
    whole = pa.concat_tables([empty, *parts])
    return whole.append_column("series_id", pa.array(rows.ids[whole["series"].to_numpy()]))


def _moments(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().view(TIMESTAMP)


def _counter_rows(rows: SeriesRows, risen: pa.Table) -> pa.Table:
    repeated = rows.table.select(["source", "cluster", "series_id", "metric", "namespace", "pod"]).take(risen["series"])
    columns = [*repeated.columns, _moments(risen["bucket_start"]), risen["increase"], risen["resets"], risen["samples"]]
    return pa.table(columns, schema=COUNTER_5M.schema)


def _histogram_rows(rows: SeriesRows, risen: pa.Table) -> pa.Table:
    series = rows.table.select(["source", "cluster", "namespace", "pod"]).take(risen["series"])
    histogram = rows.histograms.take(risen["series"])
    columns = {
        **{name: series[name] for name in series.column_names},
        **{name: histogram[name] for name in histogram.column_names},
        "bucket_start": _moments(risen["bucket_start"]),
        "le": pa.array(rows.bounds[risen["series"].to_numpy()]),
        "increase": risen["increase"],
        "resets": risen["resets"],
        "samples": risen["samples"],
    }
    return pa.table([columns[name] for name in HISTOGRAM_5M.schema.names], schema=HISTOGRAM_5M.schema)


def _gauge_rows(rows: SeriesRows, level: pa.Table) -> pa.Table:
    place = level["series"].to_numpy()
    repeated = rows.table.select(["source", "cluster", "series_id", "metric", "namespace", "pod"]).take(level["series"])
    samples = level["samples"].to_numpy()
    columns = [
        *repeated.columns,
        _moments(level["hour"]),
        pa.array(level["total"].to_numpy() / samples),
        level["min"],
        level["max"],
        level["last"],
        level["samples"],
        pa.array(np.minimum(1.0, samples * rows.intervals[place] / 3600), from_pandas=True),
    ]
    return pa.table(columns, schema=GAUGE_HOURLY.schema)
