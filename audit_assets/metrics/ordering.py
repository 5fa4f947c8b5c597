"""Linear-time passes over samples grouped by series, compiled. Import this module lazily: it loads numba."""

import numpy as np
import numpy.typing as npt

from audit_assets.metrics.compiled import compiled

Ints = npt.NDArray[np.int64]
Ranks = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@compiled
def order_by_rank(rank: Ranks, ranks: int) -> Ints:
    """A stable counting sort: positions of the rows by rank 0..ranks-1."""
    place = np.zeros(ranks + 1, np.int64)
    for row in range(rank.size):
        place[rank[row] + 1] += 1
    for at in range(1, ranks + 1):
        place[at] += place[at - 1]
    order = np.empty(rank.size, np.int64)
    for row in range(rank.size):
        order[place[rank[row]]] = row
        place[rank[row]] += 1
    return order


@compiled
def spacing(ts: Ints, starts: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """(median, longest) distance of neighbouring samples of each series, in the unit of `ts`; NaN with fewer than two."""
    median = np.full(starts.size, np.nan)
    longest = np.full(starts.size, np.nan)
    for series in range(starts.size):
        first, end = starts[series], ends[series]
        if end - first < 2:
            continue
        distance = ts[first + 1 : end] - ts[first : end - 1]
        low, high = distance.min(), distance.max()
        longest[series] = high
        median[series] = low if low == high else np.median(distance)
    return median, longest
