"""From whole daily totals to scraped counter values, exactly, with or without a restart in between."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit_assets.demo.clock import DAYS
from audit_assets.demo.exposition import Grid, Ints
from audit_assets.demo.targets import COUNTER_RESET_DAY
from audit_assets.demo.traffic import Days

Floats = NDArray[np.float64]
RESET_HOUR = 12  # on COUNTER_RESET_DAY the chat servers restart
BY_HOUR = np.array([3, 2, 2, 2, 2, 3, 4, 6, 8, 9, 10, 10, 9, 9, 10, 10, 9, 8, 7, 6, 6, 5, 4, 4], dtype=float)


def split(daily: Days, pods: int, position: int) -> Days:
    """The part of pod `position` of `pods`: whole, adding up to `daily`, and keeping the order of cumulative buckets."""
    return (daily + pods - 1 - position) // pods


def _done(grid: Grid) -> Floats:
    """Share of the day's total that has happened by each scrape; 1 at the last. The window's first scrape starts from 0."""
    hours = grid.seconds // 3600
    weights = BY_HOUR[hours].copy()
    if grid.day == 1:
        weights[0] = 0
    done: Floats = np.cumsum(weights) / weights.sum()
    done[-1] = 1.0
    return done


@dataclass(frozen=True)
class Counter:
    """A counter that gains `daily` on each day. With `restart_step`, the scrape interval then, it restarts at noon of the reset day."""

    daily: Days
    restart_step: int | None = None

    def _gained(self, grid: Grid) -> Ints:
        """Gain since the window's start at each scrape of the day."""
        before = int(self.daily[: grid.day - 1].sum())
        gained: Ints = before + np.floor(self.daily[grid.day - 1] * _done(grid)).astype(np.int64)
        return gained

    def scraped(self, grid: Grid) -> Ints:
        """The values of a day. Before the window the counter had already reached something.

        With a restart that something is chosen so that max - min over the window reads exactly twice the true total.
        """
        gained = self._gained(grid)
        if self.restart_step is None:
            return gained + int(self.daily.sum()) * 3 // 10
        last_before, first_after = self._around_reset(self.restart_step)
        total = int(self.daily.sum())
        start = last_before + 2 * (total - last_before) + (first_after - last_before)
        reset_at = (COUNTER_RESET_DAY - 1) * 86_400 + RESET_HOUR * 3600
        restarted = grid.first_second + grid.seconds >= reset_at
        return np.where(restarted, gained - last_before, start + gained)

    def _around_reset(self, step: int) -> tuple[int, int]:
        """Gain at the last scrape before the restart and at the first one after it."""
        gained = self._gained(Grid(COUNTER_RESET_DAY, step))
        first = RESET_HOUR * 3600 // step
        return int(gained[first - 1]), int(gained[first])


assert BY_HOUR.shape == (24,) and DAYS >= COUNTER_RESET_DAY
