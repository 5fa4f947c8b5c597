"""Splitting exposition text into (series, timestamp, value), one pass over the bytes, compiled.

A series is known here only by the bytes of its name and labels as written (its key); what they mean is parsed once a key, in labels.py.
Import this module lazily: it loads numba.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audit_assets.metrics.compiled import compiled
from audit_assets.metrics.numbers import microseconds, number, value_at

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NO_VALUE, NO_TIMESTAMP, BAD_TIMESTAMP, BAD_LABELS, TRAILING = 1, 2, 3, 4, 5
REASONS = {
    NO_VALUE: "no readable value",
    NO_TIMESTAMP: "sample has no timestamp",
    BAD_TIMESTAMP: "timestamp is not a number",
    BAD_LABELS: "labels are not closed",
    TRAILING: "text after the timestamp",
}
SAMPLES, BAD, REMARKS, LONG, KEYS, PREVIOUS, LINES = range(7)  # places in `counts`

_NEWLINE, _RETURN, _SPACE, _TAB, _QUOTE, _HASH, _BACKSLASH, _OPEN, _CLOSE = 10, 13, 32, 9, 34, 35, 92, 123, 125


class Keys(NamedTuple):
    """Known keys: their bytes end to end, where each starts, its hash, an open-addressing table (id + 1), and what followed it last."""

    text: Bytes
    starts: Ints
    hashes: Ints
    slots: Ints
    successor: Ints


class Found(NamedTuple):
    """What a block holds. `ts` in µs; `start` is the line's first byte; `long` rows have a value that only exact parsing can read."""

    key: Ints
    ts: Ints
    value: Floats
    line: Ints
    start: Ints
    bad: Ints  # (start, end, line, reason) a row
    remarks: Ints  # (start, end, line, 0) a row: lines that begin with "# T" or "# E"
    long: Ints  # (start, end, sample, 0) a row


@compiled
def _same(block: Bytes, known: Bytes) -> bool:
    difference = np.uint8(0)
    for at in range(known.size):  # no early exit: this becomes a vector loop
        difference = np.uint8(difference | np.uint8(block[at] ^ known[at]))
    return bool(difference == 0)


@compiled
def _put(row: Ints, start: int, end: int, third: int, fourth: int) -> None:
    row[0], row[1], row[2], row[3] = start, end, third, fourth


@compiled
def _skip_blanks(block: Bytes, at: int) -> int:
    while block[at] == _SPACE or block[at] == _TAB:
        at += 1
    return at


@compiled
def _line_end(block: Bytes, at: int) -> int:
    while block[at] != _NEWLINE:
        at += 1
    return at


@compiled
def _key_end(block: Bytes, at: int) -> int:
    """The byte after a name and its labels; -1 when a brace or a quote stays open."""
    while block[at] not in (_OPEN, _SPACE, _TAB, _NEWLINE):
        at += 1
    brace = _skip_blanks(block, at)
    if block[brace] != _OPEN:
        return at
    at = brace + 1
    quoted = False
    while block[at] != _NEWLINE:
        byte = block[at]
        if quoted and byte == _BACKSLASH and block[at + 1] != _NEWLINE:
            at += 1
        elif byte == _QUOTE:
            quoted = not quoted
        elif byte == _CLOSE and not quoted:
            return at + 1
        at += 1
    return -1


@compiled
def _hash(text: Bytes) -> int:
    """FNV-1a, 63 bits."""
    mixed = np.uint64(14695981039346656037)
    for at in range(text.size):
        mixed = (mixed ^ np.uint64(text[at])) * np.uint64(1099511628211)
    return int(mixed >> np.uint64(1))


@compiled
def _intern(block: Bytes, keys: Keys, counts: Ints) -> int:
    """The id of a key, new or known."""
    wanted = _hash(block)
    mask = keys.slots.size - 1
    slot = wanted & mask
    while keys.slots[slot] != 0:
        known = keys.slots[slot] - 1
        if keys.hashes[known] == wanted:
            text = keys.text[keys.starts[known] : keys.starts[known + 1]]
            if text.size == block.size and _same(block, text):
                return int(known)
        slot = (slot + 1) & mask
    fresh = counts[KEYS]
    keys.slots[slot] = fresh + 1
    keys.hashes[fresh] = wanted
    start = keys.starts[fresh]
    keys.text[start : start + block.size] = block
    keys.starts[fresh + 1] = start + block.size
    keys.successor[fresh] = fresh
    counts[KEYS] += 1
    return int(fresh)


@compiled
def rehash(keys: Keys, known: int) -> None:
    """Fill an empty slot table."""
    mask = keys.slots.size - 1
    for key in range(known):
        slot = keys.hashes[key] & mask
        while keys.slots[slot] != 0:
            slot = (slot + 1) & mask
        keys.slots[slot] = key + 1


@compiled
def _timestamp(block: Bytes, at: int) -> tuple[int, int]:
    """(byte of the line's end, µs) from a timestamp and what may follow it, an exemplar; the byte is -reason when it is not one."""
    if block[at] == _NEWLINE or block[at] == _RETURN or block[at] == _HASH:
        return -NO_TIMESTAMP, 0
    end, mantissa, power, _ = number(block, at)
    if end < 0:
        return -BAD_TIMESTAMP, 0
    ts = microseconds(mantissa, power)
    if ts < 0:
        return -BAD_TIMESTAMP, 0
    at = _skip_blanks(block, end)
    if block[at] == _RETURN and block[at + 1] == _NEWLINE:
        at += 1
    if block[at] == _HASH and at > end:
        at = _line_end(block, at)
    return (at, ts) if block[at] == _NEWLINE else (-TRAILING, 0)


@compiled
def _follows(block: Bytes, at: int, text: Bytes) -> bool:
    """Whether the key `text` stands at `at`, and ends there."""
    end = at + text.size
    if end >= block.size or not (block[end] == _SPACE or block[end] == _TAB) or not _same(block[at:end], text):
        return False
    return bool(text[-1] == _CLOSE or block[_skip_blanks(block, end)] != _OPEN)


@compiled
def _skip_remark(block: Bytes, start: int, at: int, found: Found, counts: Ints) -> int:
    """Pass a line without a sample, noting the ones that may say a type or the end."""
    end = _line_end(block, at)
    mark = block[_skip_blanks(block, at + 1)] if block[at] == _HASH else 0
    if mark in (84, 69):
        _put(found.remarks[counts[REMARKS]], start, end, counts[LINES], 0)
        counts[REMARKS] += 1
    return end


@compiled
def _set_aside(block: Bytes, start: int, reason: int, found: Found, counts: Ints) -> int:
    """Note a line that is no sample, and return its end."""
    end = _line_end(block, start)
    _put(found.bad[counts[BAD]], start, end, counts[LINES], reason)
    counts[BAD] += 1
    return end


@compiled
def tokenize(block: Bytes, keys: Keys, found: Found, counts: Ints) -> None:
    """Read every line of `block`, whose last byte is a newline. `found` has room for one row a line, `keys` for one key a line.

    A key is first guessed: the one that followed the previous key the last time. That holds for text grouped by series and for text ordered
    by time. Hot state is in local variables, and helpers return numbers: handing tuples of arrays to helpers cost 200 ns a line.
    """
    text, starts, successor = keys.text, keys.starts, keys.successor
    out_key, out_ts, out_value, out_line, out_start = found.key, found.ts, found.value, found.line, found.start
    previous, row, at = counts[PREVIOUS], 0, 0
    while at < block.size:
        counts[LINES] += 1
        start = at
        at = _skip_blanks(block, at)
        if block[at] == _HASH or block[at] == _NEWLINE or (block[at] == _RETURN and block[at + 1] == _NEWLINE):
            at = _skip_remark(block, start, at, found, counts) + 1
            continue
        key = successor[previous]
        if counts[KEYS] and _follows(block, at, text[starts[key] : starts[key + 1]]):
            at += starts[key + 1] - starts[key]
        else:
            end = _key_end(block, at)
            if end < 0:
                at = _set_aside(block, start, BAD_LABELS, found, counts) + 1
                continue
            key = _intern(block[at:end], keys, counts)
            successor[previous] = key
            at = end
        previous = key
        value_start = _skip_blanks(block, at)
        value_end, value, is_long = value_at(block, value_start)
        at = _skip_blanks(block, value_end) if value_end > 0 else 0
        if value_end < 0 or (at == value_end and block[at] != _NEWLINE and block[at] != _RETURN):
            at = _set_aside(block, start, NO_VALUE, found, counts) + 1
            continue
        at, ts = _timestamp(block, at)
        if at < 0:
            at = _set_aside(block, start, -at, found, counts) + 1
            continue
        if is_long:
            _put(found.long[counts[LONG]], value_start, value_end, row, 0)
            counts[LONG] += 1
        out_key[row], out_ts[row], out_value[row], out_line[row], out_start[row] = key, ts, value, counts[LINES], start
        row += 1
        at += 1
    counts[PREVIOUS], counts[SAMPLES] = previous, row
