"""Reading numbers from bytes, compiled: values exactly or not at all, timestamps as whole microseconds.

Import this module lazily: it loads numba.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit_assets.metrics.compiled import compiled

Bytes = npt.NDArray[np.uint8]

_DIGITS = 18  # as many as an int64 always holds
_EXACT = 1 << 53
_POWERS = np.array([10.0**exponent for exponent in range(23)])  # exact in a double up to 1e22
_MILLISECONDS_FROM = 1e11  # as seconds: the year 5138; as milliseconds: March 1973
_LAST_MILLISECOND = 253402300800000.0  # the year 10000


@compiled
def _exponent(block: Bytes, at: int) -> tuple[int, int]:
    """(next byte, exponent) after an `e`; next byte -1 when no digit follows."""
    downwards = block[at] == 45
    if downwards or block[at] == 43:
        at += 1
    exponent, first = 0, at
    while 48 <= block[at] <= 57:
        exponent = min(exponent * 10 + int(block[at]) - 48, 100000)
        at += 1
    return (at if at > first else -1), (-exponent if downwards else exponent)


@compiled
def number(block: Bytes, at: int) -> tuple[int, int, int, bool]:
    """(next byte, mantissa with sign, power of ten, whole); next byte -1 when there is no number. Not whole: digits were left out."""
    negative = block[at] == 45
    if negative or block[at] == 43:
        at += 1
    mantissa, digits, seen, power, fraction, whole = 0, 0, 0, 0, False, True
    while True:
        digit = int(block[at]) - 48
        if 0 <= digit <= 9:
            seen += 1
            if digits < _DIGITS:
                mantissa = mantissa * 10 + digit
                digits += mantissa != 0
                power -= fraction
            else:
                whole = False
                power += not fraction
        elif block[at] == 46 and not fraction:
            fraction = True
        else:
            break
        at += 1
    if seen == 0:
        return -1, 0, 0, False
    if block[at] == 101 or block[at] == 69:
        at, exponent = _exponent(block, at + 1)
        power += exponent
    return at, -mantissa if negative else mantissa, power, whole


@compiled
def _word(block: Bytes, at: int) -> tuple[int, float]:
    """NaN or an infinity in any case: (next byte, value); next byte -1 when it is neither."""
    sign = -1.0 if block[at] == 45 else 1.0
    if block[at] == 45 or block[at] == 43:
        at += 1
    end = at
    while 65 <= (block[end] & 0xDF) <= 90:
        end += 1
    first, second, third = block[at] & 0xDF, block[min(at + 1, end)] & 0xDF, block[min(at + 2, end)] & 0xDF
    if end - at == 3 and first == 78 and second == 65 and third == 78:
        return end, np.nan
    if end - at in (3, 8) and first == 73 and second == 78 and third == 70:
        return end, sign * np.inf
    return -1, 0.0


@compiled
def microseconds(mantissa: int, power: int) -> int:
    """mantissa × 10^power as µs since 1970: milliseconds from 1e11 on, seconds below. Digits beyond µs are dropped; -1: no such time."""
    if mantissa <= 0 or power > 13 or power < -40:
        return 0 if mantissa == 0 else -1
    size = mantissa * 10.0**power
    if size >= _LAST_MILLISECOND:
        return -1
    power += 3 if size >= _MILLISECONDS_FROM else 6
    for _ in range(power):
        mantissa *= 10
    for _ in range(-power):
        mantissa //= 10
    return mantissa


@compiled
def value_at(block: Bytes, at: int) -> tuple[int, float, bool]:
    """(byte after the value, value, is_long); the byte is -1 when there is no value."""
    end, mantissa, power, whole = number(block, at)
    if end < 0:
        end, value = _word(block, at)
        return end, value, False
    if not (whole and -22 <= power <= 22 and -_EXACT <= mantissa <= _EXACT):
        return end, 0.0, True
    if mantissa == 0 and block[at] == 45:
        return end, -0.0, False
    return end, mantissa * _POWERS[power] if power >= 0 else mantissa / _POWERS[-power], False


@compiled
def _gather(block: Bytes, spans: npt.NDArray[np.int64], text: Bytes, offsets: npt.NDArray[np.int32]) -> None:
    """Copy the bytes of `spans` (start, end, …) end to end into `text`, and where each ends into `offsets`."""
    filled = 0
    for row in range(spans.shape[0]):
        for at in range(spans[row, 0], spans[row, 1]):
            text[filled] = block[at]
            filled += 1
        offsets[row + 1] = filled


def settle_long_values(buffer: npt.NDArray[np.uint8], spans: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
    """Read the values at `spans` (start, end, row): more digits than a quick conversion holds exactly; Arrow rounds them correctly."""
    if not len(spans):
        return
    text = np.empty(int((spans[:, 1] - spans[:, 0]).sum()), np.uint8)
    offsets = np.zeros(len(spans) + 1, np.int32)
    _gather(buffer, spans, text, offsets)
    tokens = pa.StringArray.from_buffers(len(spans), pa.py_buffer(offsets), pa.py_buffer(text))
    try:
        exact = tokens.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        exact = np.array([float(token) for token in tokens.to_pylist()])
    values[spans[:, 2]] = exact
