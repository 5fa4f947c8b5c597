"""A day's series table as the reductions need it: who is a counter, a bucket or a gauge, and what their rollup rows repeat."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit_assets.metrics.catalog import INFO, REDUCED_APART, is_counted
from audit_assets.metrics.labels import SeriesName, series_id
from audit_assets.metrics.tables import SERIES

Flags = npt.NDArray[np.bool_]


class SeriesRows:
    """The series of a day, ascending by series_id; arrays are parallel to the table's rows."""

    def __init__(self, table: pa.Table, before: pa.Table) -> None:
        """`before`: the series of the day before, from which increases go on."""
        self.table = table.sort_by("series_id")
        self.ids: npt.NDArray[np.uint64] = self.table["series_id"].to_numpy()
        self.metrics: list[str] = self.table["metric"].to_pylist()
        self.kinds: list[str] = self.table["metric_type"].to_pylist()
        self._before = before

    @cached_property
    def bounds(self) -> npt.NDArray[np.float64]:
        """`le` of histogram buckets; NaN for everything else, and where `le` is no number."""
        labels = self.table["labels"].to_pylist()
        bounds = [
            _bound(dict(own)) if metric.endswith("_bucket") and is_counted(metric, kind) else np.nan
            for metric, kind, own in zip(self.metrics, self.kinds, labels, strict=True)
        ]
        return np.array(bounds, np.float64)

    @cached_property
    def buckets(self) -> Flags:
        """Buckets of classic histograms."""
        return ~np.isnan(self.bounds)

    @cached_property
    def counters(self) -> Flags:
        """Everything else that only rises: counters, and counts and sums."""
        counted = [is_counted(metric, kind) for metric, kind in zip(self.metrics, self.kinds, strict=True)]
        return np.array(counted, bool) & ~self.buckets

    @cached_property
    def apart(self) -> Flags:
        """Series of metrics that are reduced to GPU, node, pod and alert tables."""
        return np.array([metric in REDUCED_APART for metric in self.metrics], bool)

    @cached_property
    def gauges(self) -> Flags:
        """What has hours: neither counted nor constant information, unless a table of its own needs it."""
        informing = np.array([kind == INFO for kind in self.kinds], bool)
        return ~self.counters & ~self.buckets & (~informing | self.apart)

    @cached_property
    def carried(self) -> npt.NDArray[np.float64]:
        """The last value of the day before; NaN for a series that is new."""
        values = np.full(len(self.ids), np.nan)
        known = self._before["series_id"].to_numpy()
        order = np.argsort(known)
        at = np.searchsorted(known, self.ids, sorter=order)
        place = order[np.minimum(at, len(known) - 1)] if len(known) else np.empty(0, np.int64)
        found = known[place] == self.ids if len(known) else np.zeros(len(self.ids), bool)
        values[found] = self._before["last_value"].to_numpy()[place[found]] if len(known) else 0.0
        return np.where(np.isfinite(values), values, np.nan)

    @cached_property
    def intervals(self) -> npt.NDArray[np.float64]:
        """Expected distance of samples in seconds: the series' median, else its metric's, else NaN."""
        own = self.table["interval_seconds"].to_numpy(zero_copy_only=False).astype(np.float64) if len(self.ids) else np.empty(0)
        by_metric: dict[str, list[float]] = {}
        for metric, interval in zip(self.metrics, own, strict=True):
            if not np.isnan(interval):
                by_metric.setdefault(metric, []).append(float(interval))
        medians = {metric: float(np.median(intervals)) for metric, intervals in by_metric.items()}
        return np.where(np.isnan(own), [medians.get(metric, np.nan) for metric in self.metrics], own)

    @cached_property
    def histograms(self) -> pa.Table:
        """By series row: histogram_id, metric and labels of the histogram that a bucket belongs to; null for other series."""
        rows = [
            _histogram(cluster, metric, labels) if is_bucket else (None, None, None)
            for cluster, metric, labels, is_bucket in zip(
                self.table["cluster"].to_pylist(), self.metrics, self.table["labels"].to_pylist(), self.buckets, strict=True
            )
        ]
        columns = zip(*rows, strict=True) if rows else ([], [], [])
        types = (pa.uint64(), pa.string(), SERIES.schema.field("labels").type)
        arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)]
        return pa.table(arrays, names=["histogram_id", "metric", "labels"])


def _bound(labels: dict[str, str]) -> float:
    try:
        return float(labels["le"])
    except (KeyError, ValueError):
        return float("nan")


def _histogram(cluster: str, metric: str, labels: Sequence[tuple[str, str]]) -> tuple[int, str, list[tuple[str, str]]]:
    rest = [(key, value) for key, value in labels if key != "le"]
    base = metric.removesuffix("_bucket")
    return series_id(cluster, SeriesName.of(base, dict(rest))), base, rest
