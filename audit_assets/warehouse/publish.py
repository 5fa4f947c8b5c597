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
        with duckdb.connect(fresh) as connection:
            connection.execute(f"attach '{_quoted(warehouse)}' as built (read_only)")
            names = _mart_names(connection)
            rows = sum(_copy(connection, name) for name in names)
            connection.execute("detach built")
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
    found = connection.execute("select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'main'").fetchall()
    return sorted(name for (name,) in found if name.startswith(PREFIXES))


def _copy(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    connection.execute(f'create table "{name}" as from built.main."{name}"')
    described = connection.execute(
        "select 'table', null, comment from duckdb_tables() where database_name = 'built' and table_name = $1"
        " union all "
        "select 'column', column_name, comment from duckdb_columns() where database_name = 'built' and table_name = $1",
        [name],
    ).fetchall()
    for kind, column, comment in described:
        if comment is not None:
            target = f'"{name}"' if column is None else f'"{name}"."{column}"'
            connection.execute(f"comment on {kind} {target} is '{_quoted(comment)}'")
    counted = connection.execute(f'select count(*) from "{name}"').fetchone()
    return int(counted[0]) if counted else 0


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
