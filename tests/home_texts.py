"""Everything that a file below a home says, with what databases and Parquet keep compressed or across pages."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a file."""
    if path.suffix == ".duckdb":
        yield from _duckdb_rows(path)
    elif path.suffix == ".parquet":
        yield from map(str, pq.read_table(path, columns=_texts_in(pq.read_schema(path))).to_pylist())
    else:
        yield path.read_bytes().decode(errors="replace")
    if path.suffix == ".db":
        yield from _sqlite_rows(path)


def _texts_in(schema: pa.Schema) -> list[str]:
    """The columns that can hold a text; numbers and times, most of the samples, cannot."""
    return [field.name for field in schema if not pa.types.is_primitive(field.type)]


def _duckdb_rows(path: Path) -> Iterator[str]:
    with duckdb.connect(path, read_only=True) as connection:
        for schema, name in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            yield from (str(row) for row in connection.execute(f'select t::varchar from "{schema}"."{name}" as t').fetchall())


def _sqlite_rows(path: Path) -> Iterator[str]:
    """Rows of Dagster's files; what it packs is unpacked."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{name}"'):
                yield from (_unpacked(value) if isinstance(value, bytes) else str(value) for value in row)


def _unpacked(packed: bytes) -> str:
    with suppress(zlib.error):
        packed = zlib.decompress(packed)
    return packed.decode(errors="replace")
