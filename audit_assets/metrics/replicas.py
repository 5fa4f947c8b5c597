"""Samples of highly available pairs: two Prometheus servers that scrape the same targets tell everything twice, some seconds apart.

Of each series the replica with the most samples is kept; another fills its gaps, and only those. Mixing them sample by sample would
double what is counted, and where their clocks differ a counter would seem to fall back, which reads as a restart.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from audit_assets.metrics.labels import SeriesName

if TYPE_CHECKING:
    from audit_assets.metrics.matrix import Matrix

Ints = npt.NDArray[np.int64]
USUAL = ("prometheus_replica", "__replica__")  # of the Prometheus operator; of Mimir's and Cortex's guides


def told_twice(series: Sequence[Mapping[str, str]]) -> str | None:
    """The usual replica label in which alone some of the series differ; None when there is none."""
    for label in USUAL:
        marked = [labels for labels in series if label in labels]
        names = {frozenset((name, value) for name, value in labels.items() if name != label) for labels in marked}
        if len(names) < len(marked):
            return label
    return None


def merged(matrix: "Matrix", label: str) -> tuple[list[SeriesName], npt.NDArray[np.bool_]]:
    """(the name of each series without `label`, which samples are kept)."""
    names, replicas, groups = [], [], defaultdict[SeriesName, list[int]](list)
    for place, labels in enumerate(matrix.labels):
        rest = {name: value for name, value in labels.items() if name not in ("__name__", label)}
        names.append(SeriesName.of(labels.get("__name__", ""), rest))
        replicas.append(labels.get(label, ""))
        groups[names[-1]].append(place)
    ends = np.cumsum(matrix.counts)
    kept = np.ones(matrix.ts.size, bool)
    for places in groups.values():
        if len(places) > 1:
            best_first = sorted(places, key=lambda place: (-matrix.counts[place], replicas[place]))
            ranges = [slice(int(ends[place]) - matrix.counts[place], int(ends[place])) for place in best_first]
            for where, chosen in zip(ranges, _chosen([matrix.ts[where] for where in ranges]), strict=True):
                kept[where] = chosen
    return names, kept


def _chosen(replicas: list[Ints]) -> list[npt.NDArray[np.bool_]]:
    """Which samples of each replica are kept; times in ascending order, the best replica first."""
    interval = max(_interval(ts) for ts in replicas)
    known, chosen = replicas[0], [np.ones(replicas[0].size, bool)]
    for ts in replicas[1:]:
        fills = _distance(ts, known) > interval
        chosen.append(fills)
        known = np.sort(np.concatenate([known, ts[fills]]))
    return chosen


def _interval(ts: Ints) -> float:
    """The usual time between two samples, µs; 0 where one sample does not tell."""
    return float(np.median(np.diff(ts))) if ts.size > 1 else 0.0


def _distance(ts: Ints, known: Ints) -> Ints:
    """How far each time is from the nearest known one, µs."""
    after = np.searchsorted(known, ts)
    left, right = known[np.maximum(after - 1, 0)], known[np.minimum(after, known.size - 1)]
    nearest: Ints = np.minimum(np.abs(ts - left), np.abs(right - ts))
    return nearest
