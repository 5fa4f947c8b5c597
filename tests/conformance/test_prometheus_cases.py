"""Prometheus' own test cases for `resets`, `increase` and `rate` (promql/testdata/functions.test), replayed through text files and rollups.

What is the same: which samples lie in a range (its left edge does not belong to it), what a reset is, and that the value after it counts
whole. What differs, on purpose: the audit's increase is raw. Prometheus stretches it to the edges of the range; the stretching is repeated
here, from its published rule, to get from the audit's number to theirs. Native histograms are not read by the audit: those cases have no
samples here and are left out, and so are cases with start timestamps, which scraped text does not carry.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.unit.metrics_text import DAY, DAY_START, rolled_up, write_text

CASES = Path(__file__).parents[2].parent / "shared" / "prometheus" / "cases" / "functions.json"
_QUERY = re.compile(r"(resets|increase|rate)\(([a-z_]+)(?:\{(.*)\})?\[(\d+)(m?)\]\)")
_DURATION = {"m": 60, "": 1}

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the shared Prometheus cases are not beside the checkout (../shared/prometheus)")


@dataclass(frozen=True)
class Case:
    """One query at one time: the samples of its range by series, and Prometheus' answer by labels."""

    function: str
    metric: str
    at: float
    seconds: float
    series: dict[frozenset, list[tuple[float, float]]]
    expected: dict[frozenset, float]


def _case(record):
    match = _QUERY.fullmatch(record["query"])
    if match is None or "at_s" not in record or not record["series"]:
        return None
    function, metric, matchers, amount, unit = match.groups()
    seconds = int(amount) * _DURATION[unit]
    wanted = set(re.findall(r'(\w+)="([^"]*)"', matchers or ""))
    series = {}
    for one in record["series"]:
        labels = dict(one["labels"])
        if labels.pop("__name__") == metric and wanted <= set(labels.items()):
            inside = [(t, value) for t, value in one["samples"] if record["at_s"] - seconds < t <= record["at_s"]]
            series[frozenset(labels.items())] = inside
    expected = {frozenset(one["labels"].items()): one["value"] for one in record["expected"]}
    return Case(function, metric, record["at_s"], seconds, series, expected)


def cases():
    """The comparable cases; empty when they are not there."""
    records = orjson.loads(CASES.read_bytes()) if CASES.exists() else []
    return [case for case in map(_case, records) if case is not None]


def _measured(case, folder):
    """(increase, resets) by labels, from a text file through the rollups."""
    lines = [f"# TYPE {case.metric} counter"]
    for labels, samples in case.series.items():
        written = ",".join(f'{key}="{value}"' for key, value in sorted(labels))
        lines += [f"{case.metric}{{{written}}} {value} {DAY_START + t}" for t, value in samples]
    write_text(folder, "\n".join([*lines, "# EOF", ""]))
    rolled = rolled_up(folder, [DAY])
    labels_of = _labels_by_id(folder)
    found = {}
    for row in rolled["counter_5m"].to_pylist():
        increase, resets = found.get(labels_of[row["series_id"]], (0.0, 0))
        found[labels_of[row["series_id"]]] = (increase + row["increase"], resets + row["resets"])
    return found


def _labels_by_id(folder):
    from audit_assets.lake import Lake
    from audit_assets.metrics.tables import SERIES

    rows = Lake(folder / ".lake").read("archive", SERIES, DAY).to_pylist()
    return {row["series_id"]: frozenset(dict(row["labels"]).items()) for row in rows}


def _stretched(increase, samples, case):
    """Prometheus' extrapolation of a raw increase to its range (promql/functions.go, extrapolatedRate)."""
    (first, value), (last, _) = samples[0], samples[-1]
    sampled = last - first
    spacing = sampled / (len(samples) - 1)
    before, after = first - (case.at - case.seconds), case.at - last
    before = spacing / 2 if before >= 1.1 * spacing else before
    after = spacing / 2 if after >= 1.1 * spacing else after
    if increase > 0 and value >= 0:
        before = min(before, sampled * value / increase)
    return increase * (sampled + before + after) / sampled


def test_enough_cases_are_compared():
    assert len([case for case in cases() if case.function == "resets"]) >= 7
    assert len([case for case in cases() if case.function != "resets"]) >= 9


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.function}-{case.metric}-{case.seconds}")
def test_increase_and_resets_equal_prometheus(case, tmp_path):
    measured = _measured(case, tmp_path)
    if case.function == "resets":
        assert {labels: measured[labels][1] for labels in case.expected} == case.expected
        return
    enough = {labels: samples for labels, samples in case.series.items() if len(samples) >= 2}
    assert set(enough) == set(case.expected)
    for labels, samples in enough.items():
        increase = _stretched(measured[labels][0], samples, case)
        assert (increase / case.seconds if case.function == "rate" else increase) == pytest.approx(case.expected[labels], rel=1e-12)
