"""Increases of counters and histograms: resets, midnight, and equality with a plain loop over the samples."""

import itertools
import math
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.metrics_text import DAY, DAY_START, rolled_up, write_text

NEXT = DAY + timedelta(days=1)


def _counter(folder, points, days=(DAY,), name="c_total"):
    """Rollups of one counter; `points` are (second of the first day, value)."""
    write_text(folder, "".join(f"{name} {value!r} {DAY_START + second}\n" for second, value in points) + "# EOF\n")
    return rolled_up(folder, list(days))["counter_5m"].to_pylist()


def _increases(rows):
    return [(int(row["bucket_start"].timestamp()) - DAY_START, row["increase"], row["resets"], row["samples"]) for row in rows]


def test_an_increase_belongs_to_the_later_sample_and_the_first_sample_adds_nothing(tmp_path):
    rows = _counter(tmp_path, [(0, 100), (299, 103), (300, 110), (900, 111)])
    assert _increases(rows) == [(0, 3.0, 0, 2), (300, 7.0, 0, 1), (900, 1.0, 0, 1)]


def test_after_a_reset_the_whole_value_counts(tmp_path):
    rows = _counter(tmp_path, [(0, 10), (60, 12), (120, 3), (180, 4), (240, 0)])
    assert _increases(rows) == [(0, 2 + 3 + 1 + 0, 2, 5)]


def test_increase_goes_on_over_midnight(tmp_path):
    rows = _counter(tmp_path, [(86100, 10), (86400, 17), (86460, 18)], (DAY, NEXT))
    assert _increases(rows) == [(86100, 0.0, 0, 1), (86400, 8.0, 0, 2)]


def test_a_reset_over_midnight_is_seen(tmp_path):
    rows = _counter(tmp_path, [(86100, 10), (86400, 4)], (DAY, NEXT))
    assert _increases(rows) == [(86100, 0.0, 0, 1), (86400, 4.0, 1, 1)]


def test_after_a_day_without_samples_a_counter_starts_anew(tmp_path):
    rows = _counter(tmp_path, [(0, 10), (2 * 86400, 50), (2 * 86400 + 60, 51)], (DAY, NEXT, NEXT + timedelta(days=1)))
    assert _increases(rows) == [(0, 0.0, 0, 1), (2 * 86400, 1.0, 0, 2)]


def test_a_bucket_without_samples_has_no_row(tmp_path):
    rows = _counter(tmp_path, [(0, 1), (3000, 2)])
    assert [bucket for bucket, *_ in _increases(rows)] == [0, 3000]


def test_increases_of_two_series_do_not_mix(tmp_path):
    write_text(tmp_path, "".join(f'c_total{{s="{s}"}} {value} {DAY_START + t}\n' for t in (0, 60) for s, value in (("a", t), ("b", 1000))))
    (tmp_path / "metrics.om").rename(tmp_path / "metrics.prom")
    rows = rolled_up(tmp_path, [DAY])["counter_5m"].to_pylist()
    assert sorted(row["increase"] for row in rows) == [0.0, 60.0]


def reference_increase(points):
    """Raw increase by five minutes, as a plain loop: what reduce.py is compared with."""
    found, before = {}, None
    for second, value in sorted(points):
        gained = 0.0 if before is None else value if value < before else value - before
        found[second // 300 * 300] = found.get(second // 300 * 300, 0.0) + gained
        before = value
    return found


counter_points = st.dictionaries(
    st.integers(0, 3 * 86400 - 1), st.one_of(st.integers(0, 50), st.integers(0, 10**9)).map(float), min_size=1, max_size=60
)


@settings(max_examples=25, deadline=None)
@given(counter_points)
def test_increases_equal_a_plain_loop_whatever_the_samples(tmp_path_factory, points):
    seconds = sorted(points)
    for before, after in itertools.pairwise(seconds):
        if after // 86400 - before // 86400 > 1:  # over an empty day a counter starts anew: not this property
            return
    rows = _counter(tmp_path_factory.mktemp("c"), points.items(), [DAY + timedelta(days=number) for number in range(3)])
    assert {bucket: increase for bucket, increase, *_ in _increases(rows)} == reference_increase(points.items())
    assert sum(samples for *_, samples in _increases(rows)) == len(points)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=2, max_size=40), st.integers(1, 7))
def test_splitting_a_file_changes_nothing(tmp_path_factory, values, pieces):
    whole, split = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("split")
    lines = [f"c_total {value} {DAY_START + 60 * number}\n" for number, value in enumerate(values)]
    write_text(whole, "".join(lines), "a.prom")
    for piece in range(pieces):
        write_text(split, "".join(lines[piece::pieces]), f"{piece}.prom")
    assert rolled_up(whole, [DAY])["counter_5m"].equals(rolled_up(split, [DAY])["counter_5m"])


def _histogram(moment, counts, bounds=("0.5", "1", "+Inf"), pod="p"):
    labels = f'namespace="n",pod="{pod}"'
    buckets = "".join(
        f'lat_seconds_bucket{{{labels},le="{bound}"}} {count} {DAY_START + moment}\n' for bound, count in zip(bounds, counts, strict=True)
    )
    return buckets + f"lat_seconds_count{{{labels}}} {counts[-1]} {DAY_START + moment}\n"


def test_histogram_buckets_keep_their_bounds_and_share_an_id(tmp_path):
    text = "# TYPE lat_seconds histogram\n" + _histogram(0, (1, 2, 3)) + _histogram(60, (2, 5, 9)) + _histogram(300, (0, 1, 1))
    write_text(tmp_path, text + "# EOF\n")
    rolled = rolled_up(tmp_path, [DAY])
    rows = rolled["histogram_5m"].to_pylist()
    assert len({row["histogram_id"] for row in rows}) == 1
    assert {row["metric"] for row in rows} == {"lat_seconds"}
    assert {(row["namespace"], row["pod"], *row["labels"]) for row in rows} == {("n", "p", ("namespace", "n"), ("pod", "p"))}
    found = {(row["bucket_start"].minute, row["le"]): (row["increase"], row["resets"], row["samples"]) for row in rows}
    assert found == {
        (0, 0.5): (1.0, 0, 2), (0, 1.0): (3.0, 0, 2), (0, math.inf): (6.0, 0, 2),
        (5, 0.5): (0.0, 1, 1), (5, 1.0): (1.0, 1, 1), (5, math.inf): (1.0, 1, 1),
    }  # fmt: skip
    assert [row["metric"] for row in rolled["counter_5m"].to_pylist()] == ["lat_seconds_count"] * 2


def test_a_bucket_without_a_readable_bound_is_a_counter_not_a_bucket(tmp_path):
    write_text(tmp_path, f'odd_bucket{{le="wide"}} 1 {DAY_START}\nodd_bucket{{le="wide"}} 3 {DAY_START + 1}\n', "a.prom")
    rolled = rolled_up(tmp_path, [DAY])
    assert rolled["histogram_5m"].num_rows == 0
    assert [row["increase"] for row in rolled["counter_5m"].to_pylist()] == [2.0]


def test_times_are_aware_utc(tmp_path):
    (row,) = _counter(tmp_path, [(0, 1)])
    assert row["bucket_start"] == datetime(2026, 9, 21, tzinfo=UTC)
