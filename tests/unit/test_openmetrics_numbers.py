"""Numbers read from bytes: equal to Python's own conversion, or refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.metrics_text import DAY_START, exposition_of


def _read_values(tmp_path, tokens):
    lines = [f'm{{n="{number}"}} {token} {DAY_START}' for number, token in enumerate(tokens)]
    exposition = exposition_of(tmp_path, "\n".join(lines) + "\n# EOF\n")
    blocks = list(exposition.blocks())
    return np.concatenate([block.value for block in blocks]), [bad for block in blocks for bad in block.bad]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_values_are_read_exactly_as_python_reads_them(tmp_path_factory, values):
    tokens = [token for value in values for token in (repr(value), f"{value:.17g}", f"{value:+e}")]
    read, bad = _read_values(tmp_path_factory.mktemp("values"), [token.replace("inf", "Inf") for token in tokens])
    assert not bad
    assert [float(token) for token in tokens] == read.tolist()
    assert [math.copysign(1, float(token)) for token in tokens] == [math.copysign(1, value) for value in read]


@pytest.mark.parametrize(
    ("token", "value"),
    [("+Inf", math.inf), ("-Inf", -math.inf), ("inf", math.inf), ("1.", 1.0), (".5", 0.5), ("007", 7.0), ("1e-400", 0.0), ("0e999", 0.0)],
)
def test_unusual_spellings_of_numbers(tmp_path, token, value):
    read, bad = _read_values(tmp_path, [token])
    assert (read.tolist(), bad) == ([value], [])


def test_nan_is_read_as_nan(tmp_path):
    assert np.isnan(_read_values(tmp_path, ["NaN", "nan", "1"])[0]).tolist() == [True, True, False]


@pytest.mark.parametrize("token", ["abc", "1,5", "0x1p3", "1e", "--1", "1_000", "Infinit", "", "e5", "."])
def test_what_is_no_number_is_no_value(tmp_path, token):
    read, bad = _read_values(tmp_path, ["1", token, "2"])
    assert (read.tolist(), [line.line for line in bad]) == ([1.0, 2.0], [2])


@pytest.mark.parametrize(
    ("token", "microseconds"),
    [
        ("1790000000", 1_790_000_000_000_000),
        ("1790000000.123", 1_790_000_000_123_000),
        ("1790000000.1234567", 1_790_000_000_123_456),
        ("1.79e9", 1_790_000_000_000_000),
        ("1.79e+09", 1_790_000_000_000_000),
        ("1790000000123", 1_790_000_000_123_000),
        ("1790000000123.4", 1_790_000_000_123_400),
        ("1.790000000123e12", 1_790_000_000_123_000),
        ("0", 0),
    ],
)
def test_seconds_and_milliseconds_are_told_apart_by_size(tmp_path, token, microseconds):
    exposition = exposition_of(tmp_path, f"m 1 {token}\n# EOF\n")
    assert [block.ts.tolist() for block in exposition.blocks()] == [[microseconds]]


@pytest.mark.parametrize("token", ["-5", "1e30", "99999999999999999999", "1e999", "NaN"])
def test_times_that_cannot_be_are_set_aside(tmp_path, token):
    exposition = exposition_of(tmp_path, f"m 1 {token}\nm 2 {DAY_START}\n# EOF\n")
    (block,) = list(exposition.blocks())
    assert [(bad.line, bad.reason) for bad in block.bad] == [(1, "timestamp is not a number")]
    assert block.value.tolist() == [2.0]
