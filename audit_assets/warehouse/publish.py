"""`marts.duckdb`: a copy of the marts that analysts open, replaced in one step so that nobody is ever locked out.

Readers that are open keep the old file. What does not belong here: building marts.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import duckdb

PREFIXES = ("fct_", "dim_", "meta_")


@dataclass(frozen=True)
class Published:
    """What a publish wrote."""

    marts: int
    rows: int
    bytes: int


def publish(warehouse: Path, marts: Path) -> Published:
    """Copy every mart with its comments from `warehouse` into a new file and put it in the place of `marts`."""
    folder = Path(mkdtemp(dir=marts.parent, prefix=".publish-"))
    fresh = folder / marts.name
    try:
        with duckdb.connect(warehouse, read_only=True) as connection:
            connection.execute(f"attach '{_quoted(fresh)}' as published")
            names = _mart_names(connection)
            rows = sum(_copy(connection, name) for name in names)
            connection.execute("detach published")
        with fresh.open("rb+") as stream:
            os.fsync(stream.fileno())
        size = fresh.stat().st_size
        fresh.replace(marts)
    finally:
        for leftover in folder.iterdir():
            leftover.unlink()
        folder.rmdir()
    return Published(len(names), rows, size)


def _mart_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main' and database_name = current_database()"
    ).fetchall()
    return sorted(name for (name,) in found if name.startswith(PREFIXES))


def _copy(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    connection.execute(f'create table published."{name}" as from "{name}"')
    for column, comment in connection.execute(
        "select column_name, comment from duckdb_columns()"
        " where table_name = ? and schema_name = 'main' and database_name = current_database() and comment is not null",
        [name],
    ).fetchall():
        connection.execute(f"""comment on column published."{name}"."{column}" is '{_quoted(comment)}'""")
    table_comment = connection.execute(
        "select comment from duckdb_tables() where table_name = ? and database_name = current_database()", [name]
    ).fetchone()
    if table_comment and table_comment[0]:
        connection.execute(f"""comment on table published."{name}" is '{_quoted(table_comment[0])}'""")
    counted = connection.execute(f'select count(*) from published."{name}"').fetchone()
    return int(counted[0]) if counted else 0


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
