"""One bill file as an SQL relation with known columns and row numbers, whatever its format.

A CSV or JSON file is first copied to Parquet of texts, so that every row has its number and records that are no rows are listed with
theirs. What does not belong here: what the columns mean.
"""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import gettempdir

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.billing.columns import NULL_WORDS, Columns, Field, literal
from audit_assets.billing.content import Text, as_utf8, recognise
from audit_assets.billing.few_texts import FEW, texts_of_columns_with_few
from audit_assets.billing.json_lines import as_parquet, is_json_lines
from audit_assets.billing.null_words import with_null_words
from audit_assets.billing.row_groups import Span, spans_of
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat
from audit_assets.worker_database import connect

LONGEST_RECORD = 16_000_000  # bytes
ROW_NUMBER, SOURCE_URI = "_row_in_file", "_source_uri"


@dataclass(frozen=True)
class NoRow:
    """A record of a CSV file that is not a row: its 1-based data row, the column where it broke, why, and its text."""

    row: int
    column: str | None
    reason: str
    raw: str


@dataclass(frozen=True)
class BillFile:
    """An opened bill: a Parquet file with these columns. With `no_rows` it has ROW_NUMBER too."""

    item: ObjectStat
    columns: Columns
    path: Path
    no_rows: tuple[NoRow, ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """Files of one shape are read by one scan."""
        return (bool(self.no_rows), *self.columns.fields)

    @cached_property
    def few_texts(self) -> dict[str, frozenset[str]]:
        """All texts of the text columns of a big file that hold few, by the column's SQL name."""
        found = texts_of_columns_with_few(self.path, [_unquoted(field.sql) for field in self.columns.fields if field.is_text])
        return {field.sql: found[name] for field in self.columns.fields if (name := _unquoted(field.sql)) in found}

    @cached_property
    def unclean(self) -> frozenset[str]:
        """The SQL names of text columns that may hold a word for null."""
        unknown = {_unquoted(field.sql): field.sql for field in self.columns.fields if field.is_text and field.sql not in self.few_texts}
        return with_null_words(self.path, unknown) | {sql for sql, texts in self.few_texts.items() if not texts.isdisjoint(NULL_WORDS)}

    def spans(self, column: str) -> list[Span] | None:
        """What is known of its row groups by a column of points in time."""
        return spans_of(self.path, self.columns.get(column))


@dataclass(frozen=True)
class Relation:
    """SQL that yields `columns`, SOURCE_URI and ROW_NUMBER (1-based), without words for null. `few_texts`: columns of which all texts are
    known, by their SQL name. `files`: what it reads, when that is Parquet."""

    columns: Columns
    sql: str
    few_texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Sequence[BillFile] = ()


@cache
def shared_connection() -> duckdb.DuckDBPyConnection:
    """One DuckDB a process, to look at files: a connection a file costs more than the look (17 ms)."""
    return connect(Path(gettempdir()) / f"assay-bills-{os.getpid()}")


def look(connection: duckdb.DuckDBPyConnection, item: ObjectStat, scratch: Path) -> Relation:
    """A bill without row numbers, cheaply: to see its columns and days. Raises SourceRejected when it is no bill file."""
    if is_json_lines(item):
        return relation([_json(connection, item, scratch)])
    text = recognise(item)
    if text is None:
        return relation([_parquet(connection, item)])
    columns = _text_columns(text)
    return Relation(columns, _csv(item, text, columns, scratch, rejects=False))


def open_rows(connection: duckdb.DuckDBPyConnection, item: ObjectStat, scratch: Path) -> BillFile:
    """A bill with row numbers. Raises SourceRejected when it is no bill file."""
    if is_json_lines(item):
        return _json(connection, item, scratch)
    text = recognise(item, check_whole=False)
    if text is None:
        return _parquet(connection, item)
    columns = _text_columns(text)
    path = scratch / f"{hashlib.sha256(item.uri.encode()).hexdigest()[:16]}.parquet"
    source = _csv(item, text, columns, scratch, rejects=True)
    _write(connection, f"select * from {source}", path)
    no_rows = _take_no_rows(connection, text)
    return BillFile(item, columns, _numbered(connection, path, no_rows) if no_rows else path, no_rows)


def relation(files: Sequence[BillFile]) -> Relation:
    """Files of one shape as one relation."""
    listed = ", ".join(literal(str(file.path)) for file in files)
    uris = ", ".join(f"{literal(str(file.path))}: {literal(file.item.uri)}" for file in files)
    number = ROW_NUMBER if files[0].no_rows else f"file_row_number + 1 as {ROW_NUMBER}"
    names = ", ".join(field.sql for field in files[0].columns.fields)
    rows = (
        f"(select {names}, {number}, map {{{uris}}}[filename] as {SOURCE_URI}"
        f" from read_parquet([{listed}], filename = true, file_row_number = true))"
    )
    unclean = frozenset[str]().union(*(file.unclean for file in files))
    return Relation(files[0].columns, files[0].columns.cleaned(rows, unclean), _few_texts(files, unclean), files)


def _few_texts(files: Sequence[BillFile], unclean: Collection[str]) -> dict[str, Sequence[str]]:
    """Texts of the columns that hold few in all of the files, and of SOURCE_URI."""
    columns = set.intersection(*(set(file.few_texts) for file in files)).difference(unclean)
    texts = {sql: sorted(frozenset().union(*(file.few_texts[sql] for file in files))) for sql in columns}
    texts[SOURCE_URI] = [file.item.uri for file in files]
    return {sql: found for sql, found in texts.items() if 0 < len(found) <= FEW}


def refusal(item: ObjectStat, problem: duckdb.Error) -> SourceRejected:
    """DuckDB could not read the file: say so, in one line."""
    first_line = str(problem).splitlines()[0]
    return SourceRejected(item.uri, f"cannot be read: {first_line}", "the file may be cut or damaged: deliver it again")


def _parquet(connection: duckdb.DuckDBPyConnection, item: ObjectStat) -> BillFile:
    return BillFile(item, _parquet_columns(connection, item, item.path), item.path)


def _parquet_columns(connection: duckdb.DuckDBPyConnection, item: ObjectStat, path: Path) -> Columns:
    try:
        found = connection.execute(f"describe from read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error as problem:
        raise refusal(item, problem) from problem
    return Columns(Field(name, _quoted(name), type_) for name, type_, *_ in found if name != ROW_NUMBER)


def _json(connection: duckdb.DuckDBPyConnection, item: ObjectStat, scratch: Path) -> BillFile:
    scratch.mkdir(parents=True, exist_ok=True)
    path, bad = as_parquet(connection, item, scratch, ROW_NUMBER)
    no_rows = tuple(NoRow(line, None, reason, text) for line, reason, text in bad)
    return BillFile(item, _parquet_columns(connection, item, path), path, no_rows)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression lz4)")


def _text_columns(text: Text) -> Columns:
    return Columns(Field(name, f"c{number}", "VARCHAR") for number, name in enumerate(text.header))


def _csv(item: ObjectStat, text: Text, columns: Columns, scratch: Path, rejects: bool) -> str:
    path = item.path if text.is_plain else as_utf8(item, text, scratch)
    compression = "gzip" if text.is_gzip and text.is_plain else "none"
    types = ", ".join(f"{field.sql}: 'VARCHAR'" for field in columns.fields)
    nulls = ", ".join(literal(word) for word in NULL_WORDS)
    bad = "store_rejects = true" if rejects else "ignore_errors = true"
    return (
        f"read_csv({literal(str(path))}, auto_detect = false, header = true, columns = {{{types}}}, delim = {literal(text.delimiter)},"
        f" quote = '\"', escape = '\"', nullstr = [{nulls}], compression = '{compression}', max_line_size = {LONGEST_RECORD}, {bad})"
    )


def _take_no_rows(connection: duckdb.DuckDBPyConnection, text: Text) -> tuple[NoRow, ...]:
    found = connection.execute(
        "select line - 1, first(column_name order by byte_position), first(error_type order by byte_position), first(csv_line)"
        " from reject_errors group by line order by line"
    ).fetchall()
    connection.execute("drop table reject_errors; drop table reject_scans")
    return tuple(NoRow(row, _name(text, column), str(error).lower(), (raw or "").rstrip("\r\n")[:500]) for row, column, error, raw in found)


def _name(text: Text, column: str | None) -> str | None:
    return text.header[int(column[1:])] if column and column[1:].isdigit() else None


def _numbered(connection: duckdb.DuckDBPyConnection, path: Path, no_rows: tuple[NoRow, ...]) -> Path:
    """The rows with their numbers in the file as delivered, which counts the records that are no rows."""
    total = pq.read_metadata(path).num_rows + len(no_rows)
    numbers = np.setdiff1d(np.arange(1, total + 1), [row.row for row in no_rows])
    counted, numbered = path.with_suffix(".numbers.parquet"), path.with_suffix(".numbered.parquet")
    pq.write_table(pa.table({ROW_NUMBER: numbers}), counted)
    both = f"read_parquet({literal(str(path))}) positional join read_parquet({literal(str(counted))})"
    _write(connection, f"select * from {both}", numbered)
    return numbered


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _unquoted(sql: str) -> str:
    return sql[1:-1].replace('""', '"') if sql.startswith('"') else sql
