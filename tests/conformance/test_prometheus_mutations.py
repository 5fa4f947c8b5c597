"""A reduction of counters that is wrong on purpose fails Prometheus' own cases: they can tell right from wrong.

The mutations of the histogram macros are in test_prometheus_quantiles.py; here are those of increase, rate and resets.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from audit_assets.metrics import reduce
from tests.conformance.test_prometheus_cases import CASES, Case, cases
from tests.conformance.test_prometheus_cases import test_increase_and_resets_equal_prometheus as compare

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the shared Prometheus cases are not beside the checkout (../shared/prometheus)")
Increased = tuple[reduce.Floats, npt.NDArray[np.bool_]]
Increments = Callable[[reduce.Run, reduce.Floats], Increased]
RIGHT = reduce.increments


def drops_are_lost(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """After a reset nothing is counted, as a naive `greatest(delta, 0)` does."""
    increase, reset = RIGHT(run, carried)
    return np.where(reset, 0.0, increase), reset


def drops_are_subtracted(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """Last minus first, whatever happened between."""
    increase, reset = RIGHT(run, carried)
    before = run.value - np.append(0.0, run.value[:-1])[: run.ts.size]
    return np.where(reset, before, increase), reset


def first_samples_count(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """The value of a series that is new is taken for an increase."""
    return RIGHT(run, np.where(np.isnan(carried), 0.0, carried))


def resets_are_not_seen(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """No sample is a reset."""
    increase, reset = RIGHT(run, carried)
    return increase, np.zeros_like(reset)


def equal_is_a_reset(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """A counter that stands still is taken for one that began anew."""
    increase, reset = RIGHT(run, carried)
    still = (increase == 0) & ~reset
    return np.where(still, run.value, increase), reset | still


def series_run_together(run: reduce.Run, carried: reduce.Floats) -> Increased:
    """The first sample of a series is compared with the last one of the series before it."""
    one = reduce.Run(np.zeros_like(run.series), run.ts, run.value)
    return RIGHT(one, carried)


MUTATIONS: list[Increments] = [
    drops_are_lost,
    drops_are_subtracted,
    first_samples_count,
    resets_are_not_seen,
    equal_is_a_reset,
    series_run_together,
]


def _fails(case: Case, folder: Path) -> bool:
    folder.mkdir()
    try:
        compare(case, folder)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_wrong_reduction_is_caught(mutation: Increments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduce, "increments", mutation)
    assert any(_fails(case, tmp_path / str(number)) for number, case in enumerate(cases()))
