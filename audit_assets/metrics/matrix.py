"""Reading a range vector from the JSON of a Prometheus server without making an object of every sample.

The answer's frame and its labels go through a JSON parser; the samples, `[seconds,"value"]`, through the compiled number reader: a third of
the time. Import this module lazily: it loads numba.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from audit_assets.metrics.compiled import compiled
from audit_assets.metrics.numbers import microseconds, number, settle_long_values, value_at

Ints = npt.NDArray[np.int64]
_SERIES, _VALUES = b'{"metric":', b',"values":['
_OPEN, _CLOSE, _COMMA, _QUOTE, _POINT = 91, 93, 44, 34, 46


class Matrix(NamedTuple):
    """Labels of each series (with `__name__`), how many samples it has, and all samples end to end: µs since 1970 and values."""

    labels: list[Mapping[str, str]]
    counts: list[int]
    ts: Ints
    value: npt.NDArray[np.float64]


@compiled
def _pairs(block: npt.NDArray[np.uint8], at: int, ts: Ints, value: npt.NDArray[np.float64], long: Ints, counts: Ints) -> int:
    """Read `[1.5,"2"],…]` from `at` on; returns the byte after it, -1 when it is written in another way. `counts`: samples, long values."""
    while block[at] == _OPEN:
        end, mantissa, power, _ = number(block, at + 1)
        if end < 0 or block[end] != _COMMA or block[end + 1] != _QUOTE:
            return -1
        row = counts[0]
        ts[row] = microseconds(mantissa, power)
        start = end + 2
        end, value[row], is_long = value_at(block, start)
        if ts[row] < 0 or end < 0 or block[end] != _QUOTE or block[end + 1] != _CLOSE:
            return -1
        if is_long:
            long[counts[1], 0], long[counts[1], 1], long[counts[1], 2] = start, end, row
            counts[1] += 1
        counts[0] += 1
        at = end + 2
        if block[at] == _COMMA:
            at += 1
    return at + 1 if block[at] == _CLOSE else -1


def read_matrix(body: bytes) -> tuple[dict[str, Any], Matrix] | None:
    """(the answer without its series, the series); None when it is not written as Prometheus writes it, or has native histograms."""
    block = np.frombuffer(body + b"\n\n\n", np.uint8)  # what is cut off ends at a byte that belongs to nothing
    room = len(body) // 8 + 1
    ts, value, long = np.empty(room, np.int64), np.empty(room), np.empty((room, 3), np.int64)
    found = np.zeros(2, np.int64)
    labels: list[Mapping[str, str]] = []
    counts: list[int] = []
    first = at = body.find(_SERIES)
    while at >= 0 and body.startswith(_SERIES, at):
        values = body.find(_VALUES, at)
        before = int(found[0])
        end = _pairs(block, values + len(_VALUES), ts, value, long, found) if values >= 0 else -1
        if end < 0 or body[end : end + 1] != b"}":
            return None
        labels.append(orjson.loads(body[at + len(_SERIES) : values]))
        counts.append(int(found[0]) - before)
        at = end + 2 if body[end + 1 : end + 2] == b"," else end + 1
    settle_long_values(block, long[: found[1]], value)
    frame = _frame(body[:first] + body[at:] if first >= 0 else body)
    return None if frame is None else (frame, Matrix(labels, counts, ts[: found[0]], value[: found[0]]))


def _frame(text: bytes) -> dict[str, Any] | None:
    """The answer without its series; None when it is no such answer, or when series are left in it, written in another way."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    content = frame.get("data") if isinstance(frame, dict) else None
    return frame if isinstance(content, dict) and content.get("resultType") == "matrix" and not content.get("result") else None
