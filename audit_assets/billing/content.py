"""What a bill file is by its content, whatever its name: Parquet, or CSV in plain, gzip, UTF-8 or UTF-16; the rest is refused.

What does not belong here: what the columns mean.
"""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

DELIMITERS = ",;\t|"
CHUNK = 4_000_000  # bytes
_FOREIGN = {
    b"PK\x03\x04": ("a ZIP archive or Excel workbook", "unpack it, or export CSV or Parquet"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", "export CSV or Parquet"),
    b"%PDF": ("a PDF", "export CSV or Parquet"),
    b"ORC": ("an ORC file", "export CSV or Parquet"),
    b"Obj\x01": ("an Avro file", "export CSV or Parquet"),
    b"{": ("JSON", "export CSV or Parquet"),
    b"[": ("JSON", "export CSV or Parquet"),
    b"<": ("HTML or XML", "the download may have returned an error page: download it again"),
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """How the text of a CSV file is stored, and its first record."""

    is_gzip: bool
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB reads the file as it is."""
        return self.encoding == "utf-8"


def recognise(item: ObjectStat, check_whole: bool = True) -> Text | None:
    """How to read a bill: its text format, or None for Parquet. Raises SourceRejected when it is neither, empty or cut.

    `check_whole` reads a gzip file to its end; without it, only the beginning.
    """
    if item.size == 0:
        raise SourceRejected(item.uri, "the file is empty", "deliver it again, or remove it")
    with item.path.open("rb") as handle:
        head = handle.read(8)
    if head[:4] == b"PAR1":
        _require_parquet_footer(item)
        return None
    if item.path.suffix.lower() == ".parquet":
        raise SourceRejected(item.uri, "not a Parquet file: it does not start with PAR1", "deliver it again as Parquet")
    if head[:2] == b"\x1f\x8b":
        if check_whole:
            require_whole_gzip(item)
        return _text_format(item, is_gzip=True)
    if item.path.suffix.lower() == ".gz":
        raise SourceRejected(item.uri, "not a gzip file", "deliver it again, or correct its suffix")
    return _text_format(item, is_gzip=False)


def _require_parquet_footer(item: ObjectStat) -> None:
    with item.path.open("rb") as handle:
        handle.seek(max(item.size - 4, 0))
        if item.size < 12 or handle.read(4) != b"PAR1":
            raise SourceRejected(item.uri, "the Parquet file is cut: its footer is missing", "deliver it again")


def require_whole_gzip(item: ObjectStat) -> None:
    """Read a gzip file to its end. Raises SourceRejected when it is cut or damaged."""
    try:
        with gzip.open(item.path) as stream:
            while stream.read(CHUNK):
                pass
    except EOFError as problem:
        raise SourceRejected(item.uri, "the gzip file is cut: it ends before its last block", "deliver it again") from problem
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise SourceRejected(item.uri, f"the gzip file is damaged ({problem})", "deliver it again") from problem


def _text_format(item: ObjectStat, is_gzip: bool) -> Text:
    with _bytes(item.path, is_gzip) as stream:
        head = stream.read(CHUNK)
    if not head:
        raise SourceRejected(item.uri, "the file is empty", "deliver it again, or remove it")
    encoding = _encoding(item, head)
    if encoding == "utf-8":
        _refuse_foreign(item, head)
    beginning = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).lstrip("\ufeff")
    line = beginning.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=line.count)
    header = next(csv.reader(io.StringIO(beginning), delimiter=delimiter, strict=False), [])
    if len(header) < 2:
        fix = "set kind: on_prem" if line.startswith("nodes:") else "export CSV with column names, or Parquet"
        raise SourceRejected(item.uri, f"not a CSV file with a header: its first line is {line[:80]!r}", fix)
    return Text(is_gzip, encoding, delimiter, tuple(name.strip().strip("\"'`").strip() for name in header))


def _encoding(item: ObjectStat, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head[:CHUNK]:
        fix = "export CSV as UTF-8, or UTF-16 with its byte-order mark"
        raise SourceRejected(item.uri, "neither CSV nor Parquet: it holds NUL bytes", fix)
    return "utf-8"


def _refuse_foreign(item: ObjectStat, head: bytes) -> None:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, (what, fix) in _FOREIGN.items():
        if start.startswith(magic):
            raise SourceRejected(item.uri, f"neither CSV nor Parquet: it is {what}", fix)


@contextmanager
def _bytes(path: Path, is_gzip: bool) -> Iterator[IO[bytes]]:
    with gzip.open(path) if is_gzip else path.open("rb") as stream:
        yield stream  # type: ignore[misc]


def as_utf8(item: ObjectStat, text: Text, folder: Path) -> Path:
    """A copy of a CSV file in plain UTF-8, for encodings that DuckDB does not read. Raises SourceRejected for broken text."""
    copy = folder / f"{item.etag[:16]}.csv"
    try:
        with _bytes(item.path, text.is_gzip) as stream, copy.open("w", encoding="utf-8", newline="") as out:
            reader = io.TextIOWrapper(stream, encoding=text.encoding, newline="")
            while part := reader.read(CHUNK):
                out.write(part)
    except UnicodeDecodeError as problem:
        raise SourceRejected(item.uri, f"not valid {text.encoding}: {problem.reason}", "export it as UTF-8") from problem
    return copy
