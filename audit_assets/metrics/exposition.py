"""Reading one exposition file: its samples in blocks, its declared types, and the lines that are no samples.

What does not belong here: days, the lake, and which files there are (openmetrics.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from audit_assets.errors import SourceRejected
from audit_assets.metrics import tokenizer
from audit_assets.metrics.numbers import settle_long_values
from audit_assets.metrics.text_blocks import text_blocks
from audit_assets.metrics.tokenizer import BAD, KEYS, LONG, REMARKS, SAMPLES, Found, Keys
from audit_assets.objects import ObjectStat

MOST_BAD_LINES = 1_000_000
_TIMESTAMP_FIX = "a plain scrape has none; export history, e.g. `promtool tsdb dump-openmetrics`, or name the server with kind: prometheus"


@dataclass(frozen=True)
class BadLine:
    """A line that is no sample; `line` is 1-based."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Block:
    """Samples of one block: the file's key ids, µs since 1970, values, 1-based lines. `after[i]`: samples before bad line i."""

    key: npt.NDArray[np.int64]
    ts: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    line: npt.NDArray[np.int64]
    bad: list[BadLine]
    text: bytes
    start: npt.NDArray[np.int64]

    def line_text(self, row: int) -> str:
        """The line that a sample was read from."""
        at = int(self.start[row])
        return self.text[at : self.text.index(b"\n", at)].decode(errors="replace")[:500]


@dataclass
class Exposition:
    """A file being read. `types` (family → type) and `keys` grow while `blocks` is consumed."""

    item: ObjectStat
    types: dict[str, str] = field(default_factory=dict)
    samples: int = 0
    bad_lines: int = 0
    _keys: Keys = field(default_factory=lambda: _empty_keys(1024, 1 << 16))
    _counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(7, np.int64))
    _ended_at_line: int = -1

    def blocks(self) -> Iterator[Block]:
        """Read the file. Raises SourceRejected when it is not such text, is cut, or holds no sample with a timestamp."""
        first_bad: BadLine | None = None
        untimed, last_line = 0, 0
        for text in text_blocks(self.item):
            block, reasons = self._read(text)
            first_bad = first_bad or (block.bad[0] if block.bad else None)
            untimed += int(np.count_nonzero(reasons == tokenizer.NO_TIMESTAMP))
            last_line = int(block.line[-1]) if block.line.size else last_line
            if self.bad_lines > MOST_BAD_LINES:
                raise self._refusal(f"more than {MOST_BAD_LINES} lines are no samples", first_bad)
            yield block
        if first_bad and not self.samples and untimed == self.bad_lines:
            raise SourceRejected(self.item.uri, "its samples have no timestamps", _TIMESTAMP_FIX)
        if first_bad and not self.samples:
            raise self._refusal("no line is a sample with a timestamp", first_bad)
        self._require_end(last_line)

    def key(self, number: int) -> bytes:
        """A key as written in the file."""
        return self._keys.text[self._keys.starts[number] : self._keys.starts[number + 1]].tobytes()

    def known_keys(self) -> int:
        """How many keys there are so far."""
        return int(self._counts[KEYS])

    def _read(self, text: bytes) -> tuple[Block, npt.NDArray[np.int64]]:
        buffer = np.frombuffer(text, np.uint8)
        lines = int(np.count_nonzero(buffer == 10))
        self._keys = _with_room(self._keys, self.known_keys(), lines, len(text))
        found = _room(lines)
        self._counts[[SAMPLES, BAD, REMARKS, LONG]] = 0
        tokenizer.tokenize(buffer, self._keys, found, self._counts)
        read = int(self._counts[SAMPLES])
        settle_long_values(buffer, found.long[: self._counts[LONG]], found.value)
        self._note_remarks(text, found.remarks[: self._counts[REMARKS]])
        bad = found.bad[: self._counts[BAD]]
        self.samples += read
        self.bad_lines += len(bad)
        described = [
            BadLine(int(line), tokenizer.REASONS[int(reason)], text[start:end].decode(errors="replace")[:500])
            for start, end, line, reason in bad
        ]
        rows = slice(0, read)
        block = Block(found.key[rows], found.ts[rows], found.value[rows], found.line[rows], described, text, found.start[rows])
        return block, bad[:, 3]

    def _note_remarks(self, text: bytes, remarks: npt.NDArray[np.int64]) -> None:
        for start, end, line, _ in remarks:
            words = text[start:end].decode(errors="replace").replace("#", "# ", 1).split()
            if words[1:2] == ["TYPE"] and len(words) == 4:
                self.types[words[2].strip('"')] = words[3].lower()
            elif words == ["#", "EOF"]:
                self._ended_at_line = int(line)

    def _require_end(self, last_line: int) -> None:
        is_openmetrics = self.item.uri.lower().removesuffix(".gz").endswith(".om")
        if is_openmetrics and self.samples and self._ended_at_line < last_line:
            fix = "copy it again; if it is whole, end it with a line `# EOF` or name it .prom"
            raise SourceRejected(self.item.uri, "OpenMetrics text that does not end with `# EOF`: it may be cut", fix)

    def _refusal(self, reason: str, example: BadLine | None) -> SourceRejected:
        shown = f"; line {example.line}: {example.reason}: {example.text[:120]!r}" if example else ""
        return SourceRejected(self.item.uri, reason + shown, "name OpenMetrics or Prometheus text with timestamps")


def _room(lines: int) -> Found:
    integers = [np.empty(lines, np.int64) for _ in range(4)]
    spans = [np.empty((lines, 4), np.int64) for _ in range(3)]
    return Found(integers[0], integers[1], np.empty(lines), integers[2], integers[3], *spans)


def _empty_keys(keys: int, text: int) -> Keys:
    slots = 1 << (2 * keys - 1).bit_length()
    return Keys(
        text=np.empty(text, np.uint8),
        starts=np.zeros(keys + 1, np.int64),
        hashes=np.empty(keys, np.int64),
        slots=np.zeros(slots, np.int64),
        successor=np.zeros(keys, np.int64),
    )


def _with_room(keys: Keys, known: int, lines: int, text: int) -> Keys:
    """`keys` itself, or a larger copy, so that every line of a block may bring a new key."""
    used = int(keys.starts[known])
    if known + lines <= keys.hashes.size and used + text <= keys.text.size:
        return keys
    larger = _empty_keys(max(2 * known, known + lines), max(2 * used, used + text))
    for old, new in zip(_arrays(keys), _arrays(larger), strict=True):
        if old is not keys.slots:
            count = {id(keys.text): used, id(keys.starts): known + 1}.get(id(old), known)
            new[:count] = old[:count]
    tokenizer.rehash(larger, known)
    return larger


def _arrays(keys: Keys) -> "list[npt.NDArray[np.generic]]":
    return [keys.text, keys.starts, keys.hashes, keys.slots, keys.successor]
