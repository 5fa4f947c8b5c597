"""Raw samples by remote read: the chunks as the server stores them, decoded here, for a fraction of what JSON costs both sides.

The protocol: https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/, streamed (STREAMED_XOR_CHUNKS). Native histograms are
left out, as in range vectors. Whatever else is not as expected raises NotOffered, and the same samples are asked for as range vectors.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cramjam
import numpy as np
import orjson
import yaml

from audit_assets.errors import SourceRejected
from audit_assets.http import HttpSource, Parameters

if TYPE_CHECKING:
    from audit_assets.metrics.matrix import Matrix
    from audit_assets.metrics.remote_frames import Places
    from audit_assets.metrics.xor_chunks import Bytes, Ints

PATH = "/api/v1/read"
STREAMED = "application/x-streamed-protobuf"
SAMPLES_AT_ONCE = 1_000_000  # decoded together
_HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Read-Version": "0.1.0"}
_XOR, _HISTOGRAM, _FLOAT_HISTOGRAM = 1, 2, 3
_EQUAL, _MATCHES = 0, 2


class NotOffered(Exception):
    """This server cannot be read this way, or not without a doubt about what it says."""


@dataclass(frozen=True)
class RemoteRead:
    """A server that may be read this way. `external`: labels that it adds to every series here, and nowhere else."""

    http: HttpSource
    external: frozenset[str]

    def samples(self, names: Sequence[str], start: int, end: int) -> "Iterator[Matrix]":
        """Samples of the chunks that reach into [start, end), ms since 1970. Raises NotOffered, AnswerTooLarge, SourceUnavailable."""
        from audit_assets.metrics.remote_frames import places  # noqa: PLC0415 - loads numba
        from audit_assets.metrics.xor_chunks import PADDING  # noqa: PLC0415 - loads numba

        try:
            answer = self.http.post(PATH, bytes(cramjam.snappy.compress_raw(request(names, start, end - 1))), _HEADERS)
        except SourceRejected as refusal:  # a proxy that lets only queries through
            raise NotOffered(str(refusal)) from refusal
        if answer.status != 200 or not answer.content_type.startswith(STREAMED):
            raise NotOffered(f"HTTP {answer.status}, {answer.content_type or 'no content type'}")
        block = np.frombuffer(answer.body + bytes(PADDING), np.uint8)
        found = places(block, len(answer.body))
        if found is None:
            raise NotOffered("a frame is cut off or its checksum differs")
        return self._matrices(block, found, answer.body)

    def _matrices(self, block: "Bytes", found: "Places", body: bytes) -> "Iterator[Matrix]":
        from audit_assets.metrics.matrix import Matrix  # noqa: PLC0415 - loads numba
        from audit_assets.metrics.xor_chunks import decode, sample_counts  # noqa: PLC0415 - loads numba

        names = self._names(found, body)
        chunks = _float_chunks(found.chunks)
        counts = sample_counts(block, chunks[:, 2:])
        for first, last in _cuts(counts):
            part = chunks[first:last]
            decoded = decode(block, np.ascontiguousarray(part[:, 2:]))
            if decoded is None:
                raise NotOffered("a chunk is cut off")
            series, starts = np.unique(part[:, 0], return_index=True)
            samples = np.add.reduceat(counts[first:last], starts)
            yield Matrix([names[one] for one in series], samples.tolist(), decoded[0] * 1000, decoded[1])

    def _names(self, found: "Places", body: bytes) -> list[Mapping[str, str]]:
        names: list[dict[str, str]] = [{} for _ in range(found.series)]
        for series, start, stop, value_start, value_stop in found.labels.tolist():
            name = body[start:stop].decode(errors="replace")
            if name not in self.external:
                names[series][name] = body[value_start:value_stop].decode(errors="replace")
        return list(names)


def offered(http: HttpSource, start: int, end: int) -> RemoteRead | None:
    """How to read a server this way in [start, end), s since 1970; None where range vectors are the safe way.

    That is where it does not show its settings (then it is no plain Prometheus, or a proxy lets only queries through), where it reads other
    stores itself (what one of those fails to say would be missing without a word), and where series hold a label of their own that it also
    adds to all of them: the two could not be told apart.
    """
    settings = _settings(http)
    if settings is None or settings.get("remote_read"):
        return None
    added = (settings.get("global") or {}).get("external_labels") or {}
    bounds = (("start", str(start)), ("end", str(end)))
    if any(_asked(http, f"/api/v1/label/{label}/values", bounds) != [] for label in added):
        return None
    return RemoteRead(http, frozenset(map(str, added)))


def _settings(http: HttpSource) -> dict[str, Any] | None:
    told = _asked(http, "/api/v1/status/config", ())
    try:
        settings = yaml.load(str(told["yaml"]), yaml.CSafeLoader) if isinstance(told, dict) else None
    except (KeyError, yaml.YAMLError):
        return None
    return settings if isinstance(settings, dict) else None


def _asked(http: HttpSource, path: str, parameters: Parameters) -> object:
    """What the server says; None when it does not."""
    try:
        content = orjson.loads(http.get(path, parameters).body)
    except (SourceRejected, orjson.JSONDecodeError):
        return None
    return content.get("data") if isinstance(content, dict) and content.get("status") == "success" else None


def request(names: Sequence[str], start: int, end: int) -> bytes:
    """A ReadRequest for metrics by name in [start, end], ms since 1970, as protobuf (prompb/remote.proto)."""
    kind, pattern = (_EQUAL, names[0]) if len(names) == 1 else (_MATCHES, "|".join(map(re.escape, names)))
    matcher = _number(1, kind) + _text(2, b"__name__") + _text(3, pattern.encode())
    query = _number(1, start) + _number(2, end) + _text(3, matcher)
    return _text(1, query) + _number(2, 1)  # the answers accepted: STREAMED_XOR_CHUNKS


def _number(field: int, value: int) -> bytes:
    return _varint(field * 8) + _varint(value)


def _text(field: int, value: bytes) -> bytes:
    return _varint(field * 8 + 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    text = bytearray()
    while value > 127:
        text.append(value & 127 | 128)
        value >>= 7
    return bytes([*text, value])


def _float_chunks(chunks: "Ints") -> "Ints":
    """Chunks without those of native histograms. Raises NotOffered for an encoding that is not known."""
    encoding = chunks[:, 1]
    unknown = ~np.isin(encoding, (_XOR, _HISTOGRAM, _FLOAT_HISTOGRAM))
    if unknown.any():
        raise NotOffered(f"chunks of encoding {encoding[unknown][0]}")
    found: Ints = chunks[encoding == _XOR]
    if np.any(found[:, 3] - found[:, 2] < 2):
        raise NotOffered("a chunk is cut off")
    return found


def _cuts(counts: "Ints") -> Iterator[tuple[int, int]]:
    """Runs of chunks that hold about SAMPLES_AT_ONCE together."""
    group = np.cumsum(counts) // SAMPLES_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(counts)]
    yield from ((first, last) for first, last in pairwise(edges) if last > first)
