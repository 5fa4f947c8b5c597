"""Samples out of Prometheus' XOR chunks, compiled.

The format: https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md, after Pelkonen et al., "Gorilla: A Fast,
Scalable, In-Memory Time Series Database" (VLDB 2015). Import this module lazily: it loads numba.
"""

import numpy as np
import numpy.typing as npt

from audit_assets.metrics.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

PADDING = 32  # zero bytes wanted after the last chunk: what one sample may read beyond a chunk that is cut off
_CUT = 1 << 62
_WIDTHS = np.array([0, 14, 17, 20, 64])  # bits of a change of the distance in time, by the ones before it


@compiled
def varint(block: Bytes, at: int, end: int) -> tuple[int, int]:
    """(next byte, value) of an unsigned LEB128 number; next byte -1 when it does not end before `end`."""
    value, shift = 0, 0
    while at < end and shift < 64:
        byte = int(block[at])
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return at, value
        shift += 7
    return -1, 0


@compiled
def _bits(block: Bytes, at: int, count: int) -> np.uint64:
    """`count` bits from bit `at` on, the highest first."""
    word = np.uint64(0)
    while count > 0:
        room = 8 - (at & 7)
        taken = min(room, count)
        piece = (int(block[at >> 3]) >> (room - taken)) & ((1 << taken) - 1)
        word = (word << np.uint64(taken)) | np.uint64(piece)
        at += taken
        count -= taken
    return word


@compiled
def _change(block: Bytes, at: int) -> tuple[int, int]:
    """(next bit, change of the distance between timestamps in ms)."""
    ones = 0
    while ones < 4 and _bits(block, at, 1) != 0:
        ones += 1
        at += 1
    at += ones < 4
    width = int(_WIDTHS[ones])
    change = int(np.int64(_bits(block, at, width)))
    if 0 < width < 64 and change > 1 << (width - 1):
        change -= 1 << width
    return at + width, change


@compiled
def _window(block: Bytes, at: int, leading: int, width: int) -> tuple[int, int, int]:
    """(next bit, leading zeros, width) of the bits that differ from the value before: given anew after a 1, as before after a 0."""
    if _bits(block, at, 1) == 0:
        return at + 1, leading, width
    leading, width = int(np.int64(_bits(block, at + 1, 5))), int(np.int64(_bits(block, at + 6, 6)))
    if width == 0:
        width = 64
    return (_CUT if leading + width > 64 else at + 12), leading, width


@compiled
def _chunk(block: Bytes, start: int, stop: int, ts: Ints, words: Words) -> bool:
    """Fill `ts` (ms) and `words` (the bits of doubles) from one chunk; False when it ends too early."""
    at, moment = varint(block, start + 2, stop)
    if at < 0 or at + 8 > stop:
        return False
    moment = (moment >> 1) & 0x7FFFFFFFFFFFFFFF if moment & 1 == 0 else ~((moment >> 1) & 0x7FFFFFFFFFFFFFFF)
    word, bit, distance = _bits(block, at * 8, 64), (at + 8) * 8, 0
    ts[0], words[0] = moment, word
    leading, width = 0, 64
    for row in range(1, ts.size):
        if row == 1:
            at, distance = varint(block, bit >> 3, stop)
            bit = at * 8 if at >= 0 else _CUT
        else:
            bit, change = _change(block, bit)
            distance += change
        if bit >= stop * 8:
            return False
        moment += distance
        bit += 1
        if _bits(block, bit - 1, 1) != 0:
            bit, leading, width = _window(block, bit, leading, width)
            if bit > stop * 8:
                return False
            word ^= _bits(block, bit, width) << np.uint64(64 - leading - width)
            bit += width
        if bit > stop * 8:
            return False
        ts[row], words[row] = moment, word
    return True


@compiled
def _fill(block: Bytes, spans: Ints, counts: Ints, ts: Ints, words: Words) -> bool:
    row = 0
    for number in range(counts.size):
        end = row + counts[number]
        if end > row and not _chunk(block, spans[number, 0], spans[number, 1], ts[row:end], words[row:end]):
            return False
        row = end
    return True


def sample_counts(block: Bytes, spans: Ints) -> Ints:
    """Samples of the chunks at `spans` (start, end), which say so in their first two bytes."""
    return block[spans[:, 0]].astype(np.int64) * 256 + block[spans[:, 0] + 1]


def decode(block: Bytes, spans: Ints) -> tuple[Ints, npt.NDArray[np.float64]] | None:
    """(ms since 1970, values) of the chunks at `spans`, end to end; None when one is cut off. `block` ends with PADDING zeros."""
    if np.any(spans[:, 1] - spans[:, 0] < 2):
        return None
    counts = sample_counts(block, spans)
    total = int(counts.sum())
    ts, words = np.empty(total, np.int64), np.empty(total, np.uint64)
    return (ts, words.view(np.float64)) if _fill(block, spans, counts, ts, words) else None
