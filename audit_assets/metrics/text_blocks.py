"""Text files as blocks of whole lines: gzip, byte order marks, and what is refused before a line is read.

What does not belong here: what a line means (tokenizer.py).
"""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator

from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

BLOCK_BYTES = 1_000_000  # small enough for the processor's cache: 8 MB took twice the time
LONGEST_LINE = 4_000_000
_JSON = re.compile(rb'(\[|\{\s*(\}|"(?:[^"\\]|\\.)*"\s*:))')
_EXPORT_FIX = "name a text file with timestamps (OpenMetrics, or Prometheus text)"


def text_blocks(item: ObjectStat) -> Iterator[bytes]:
    """The file's text as UTF-8, in blocks that end with a newline. Raises SourceRejected for what is no such text, or is cut."""
    remainder = b""
    for piece in _decoded(item, _pieces(item)):
        text = remainder + piece if remainder else piece
        cut = text.rfind(b"\n") + 1
        if cut:
            yield text[:cut]
        remainder = text[cut:]
        if len(remainder) > LONGEST_LINE:
            raise SourceRejected(item.uri, f"a line is longer than {LONGEST_LINE} bytes: not metrics text", _EXPORT_FIX)
    if remainder:
        yield remainder + b"\n"


def _pieces(item: ObjectStat) -> Iterator[bytes]:
    if item.path.name.lower().endswith(".gz"):
        yield from _unzipped(item)
        return
    with item.path.open("rb") as stream:
        while piece := stream.read(BLOCK_BYTES):
            yield piece


def _unzipped(item: ObjectStat) -> Iterator[bytes]:
    if item.size == 0:
        raise SourceRejected(item.uri, "the gzip file is empty", "copy it again")
    try:
        with gzip.open(item.path) as stream:
            while piece := stream.read(BLOCK_BYTES):
                yield piece
    except EOFError as problem:
        raise SourceRejected(item.uri, "the gzip file is cut: it ends before its end mark", "copy it again") from problem
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise SourceRejected(item.uri, f"not a sound gzip file ({problem})", "copy or export it again") from problem


def _decoded(item: ObjectStat, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-8 without its mark. UTF-16 is recognised by its mark; without one, its NUL bytes are refused."""
    decoder: codecs.IncrementalDecoder | None = None
    for number, piece in enumerate(pieces):
        if number == 0 and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")()
        text = _recode(decoder, piece, item.uri) if decoder else piece
        if number == 0:
            text = text.removeprefix(codecs.BOM_UTF8)
            _refuse_foreign(text, item.uri)
        yield text
    if decoder:
        _recode(decoder, b"", item.uri, final=True)


def _recode(decoder: codecs.IncrementalDecoder, piece: bytes, uri: str, final: bool = False) -> bytes:
    try:
        return decoder.decode(piece, final).encode()
    except UnicodeError as problem:
        raise SourceRejected(uri, f"marked as UTF-16 but not readable as such ({problem})", "save it as UTF-8") from problem


def _refuse_foreign(text: bytes, uri: str) -> None:
    head = text[:65536].lstrip()
    if b"\0" in head:
        raise SourceRejected(uri, "not text: it holds NUL bytes (binary, or UTF-16 without its mark)", "save it as UTF-8")
    if head.startswith(b"<"):
        raise SourceRejected(uri, "an HTML or XML page, not metrics text", _EXPORT_FIX)
    if _JSON.match(head):
        raise SourceRejected(uri, "JSON, not metrics text", "for answers of a Prometheus server use kind: prometheus with its url")
