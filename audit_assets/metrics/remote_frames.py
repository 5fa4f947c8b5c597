"""Frames of a streamed remote read, compiled: checksums, and where in a message the labels and chunks lie.

A frame is its size (varint), the CRC-32C of the message (4 bytes, big-endian) and the message, a `ChunkedReadResponse` as
https://github.com/prometheus/prometheus/blob/main/prompb/remote.proto declares it. Import this module lazily: it loads numba.
"""

from typing import NamedTuple

import numpy as np

from audit_assets.metrics.compiled import compiled
from audit_assets.metrics.xor_chunks import Bytes, Ints, varint

# Protobuf keys: field number × 8 + wire type (0 a varint, 2 bytes)
_SERIES = _LABEL = _LABEL_NAME = 10
_CHUNK = _LABEL_VALUE = 18
_ENCODING, _PAYLOAD = 24, 34
_CASTAGNOLI = 0x82F63B78


def _table() -> Ints:
    rest = np.arange(256)
    for _ in range(8):
        rest = np.where(rest & 1, (rest >> 1) ^ _CASTAGNOLI, rest >> 1)
    return rest.astype(np.int64)


_CRC = _table()


class Places(NamedTuple):
    """Where things lie in a body. Labels: series, name from, to, value from, to. Chunks: series, encoding, from, to."""

    labels: Ints
    chunks: Ints
    series: int


@compiled
def _crc32c(block: Bytes, at: int, end: int) -> int:
    rest = 0xFFFFFFFF
    for place in range(at, end):
        rest = int(_CRC[(rest ^ int(block[place])) & 255]) ^ (rest >> 8)
    return rest ^ 0xFFFFFFFF


@compiled
def _field(block: Bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """(next byte, key, start, stop) of a field; of a varint, `start` is its value. Next byte -1: no field."""
    at, key = varint(block, at, end)
    if at < 0:
        return -1, 0, 0, 0
    at, size = varint(block, at, end)  # or the value
    if at < 0 or key & 7 == 0:
        return at, key, size, 0
    if key & 7 != 2 or size < 0 or size > end - at:
        return -1, 0, 0, 0
    return at + size, key, at, at + size


@compiled
def _label(block: Bytes, at: int, end: int, row: Ints) -> bool:
    row[1:] = at
    while at < end:
        at, key, start, stop = _field(block, at, end)
        if at < 0:
            return False
        if key == _LABEL_NAME:
            row[1], row[2] = start, stop
        elif key == _LABEL_VALUE:
            row[3], row[4] = start, stop
    return True


@compiled
def _chunk(block: Bytes, at: int, end: int, row: Ints) -> bool:
    row[1:] = 0
    while at < end:
        at, key, start, stop = _field(block, at, end)
        if at < 0:
            return False
        if key == _ENCODING:
            row[1] = start
        elif key == _PAYLOAD:
            row[2], row[3] = start, stop
    return True


@compiled
def _series(block: Bytes, at: int, end: int, labels: Ints, chunks: Ints, counts: Ints) -> bool:
    while at < end:
        at, key, start, stop = _field(block, at, end)
        if at < 0:
            return False
        if key == _LABEL:
            labels[counts[0], 0] = counts[2]
            if not _label(block, start, stop, labels[counts[0]]):
                return False
            counts[0] += 1
        elif key == _CHUNK:
            chunks[counts[1], 0] = counts[2]
            if not _chunk(block, start, stop, chunks[counts[1]]):
                return False
            counts[1] += 1
    return True


@compiled
def _message(block: Bytes, at: int, end: int, labels: Ints, chunks: Ints, counts: Ints) -> bool:
    while at < end:
        at, key, start, stop = _field(block, at, end)
        if at < 0:
            return False
        if key == _SERIES:
            if not _series(block, start, stop, labels, chunks, counts):
                return False
            counts[2] += 1
    return True


@compiled
def _frame(block: Bytes, at: int, end: int) -> tuple[int, int]:
    """(start, stop) of the message of the frame at `at`; start -1 when it is cut off or its checksum differs."""
    at, size = varint(block, at, end)
    if at < 0 or size < 0 or size > end - at - 4:
        return -1, 0
    said = 0
    for place in range(at, at + 4):
        said = said * 256 + int(block[place])
    at += 4
    return (at, at + size) if _crc32c(block, at, at + size) == said else (-1, 0)


def places(block: Bytes, size: int) -> Places | None:
    """Labels and chunks of the first `size` bytes; None when they are no whole frames, as where a server failed midway."""
    labels, chunks, at, before = [], [], 0, 0
    while at < size:
        start, at = _frame(block, at, size)
        if start < 0:
            return None
        room = (at - start) // 2 + 1  # no field is shorter than two bytes
        found, counts = (np.empty((room, 5), np.int64), np.empty((room, 4), np.int64)), np.array([0, 0, before])
        if not _message(block, start, at, *found, counts):
            return None
        labels.append(found[0][: counts[0]].copy())
        chunks.append(found[1][: counts[1]].copy())
        before = int(counts[2])
    return Places(_joined(labels, 5), _joined(chunks, 4), before)


def _joined(parts: list[Ints], width: int) -> Ints:
    return np.concatenate([np.empty((0, width), np.int64), *parts])
