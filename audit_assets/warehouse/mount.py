"""The lake as views in the warehouse: schema `lake`, one view a table, and three tables about the lake itself.

A view names exactly the committed files of the audit's current sources and window, so what was left by an earlier audit is not read.
Every view also reads an empty file in the table's schema: it fixes the types, and a table that nobody wrote is empty, not absent.
"""

import argparse
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.audit import Audit, load_audit
from audit_assets.errors import LakeOutdated
from audit_assets.lake import DayManifest, Lake
from audit_assets.tables import MONEY, TEXT_LIST, TIMESTAMP, Table
from audit_assets.warehouse.tables import LAKE_TABLES

DAY_MANIFESTS = pa.schema(
    [
        ("source", pa.string()),
        ("table_name", pa.string()),
        ("day", pa.date32()),
        ("rows_in", pa.int64()),
        ("rows_loaded", pa.int64()),
        ("rows_quarantined", pa.int64()),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("uris", TEXT_LIST),
        ("etags", TEXT_LIST),
        ("input_digest", pa.string()),
        ("extracted_at", TIMESTAMP),
        ("gap_reason", pa.string()),
    ]
)
REJECTIONS = pa.schema([(name, pa.string()) for name in ("source", "uri", "reason", "fix")])
RESTATEMENTS = pa.schema(
    [
        ("source", pa.string()),
        ("table_name", pa.string()),
        ("day", pa.date32()),
        ("restated_at", TIMESTAMP),
        ("currency", pa.string()),
        ("previous_billed_cost", MONEY),
        ("billed_cost", MONEY),
        ("previous_effective_cost", MONEY),
        ("effective_cost", MONEY),
    ]
)
RUNS = pa.schema(
    [
        ("run_id", pa.string()),
        ("started_at", TIMESTAMP),
        ("finished_at", TIMESTAMP),
        ("status", pa.string()),
        ("versions", pa.string()),
        ("window_start", pa.date32()),
        ("window_end", pa.date32()),
    ]
)


def sources_of(audit: Audit, table: Table) -> list[str]:
    """Names of the sources that can write `table`."""
    if table.kind in ("declared", "quality"):
        return [table.kind]
    return [source.name for source in getattr(audit.sources, table.kind)]


def days_of(audit: Audit, table: Table) -> list[date]:
    """The partitions of `table` that belong to the audit: its window, or the window's last day for a snapshot."""
    return [audit.window.end] if table.snapshot else list(audit.window)


def mount(connection: duckdb.DuckDBPyConnection, lake: Lake, audit: Audit | None, runs: Path | None = None) -> None:
    """(Re)create the schema `lake`. Without an audit every view is empty."""
    connection.execute("create schema if not exists lake")
    for table in LAKE_TABLES:
        files = [_empty_file(lake, table), *(_files(lake, audit, table) if audit else [])]
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        connection.execute(f"create or replace view lake.{table.name} as select * from read_parquet([{listed}])")
    manifests = list(_manifests(lake, audit))
    _replace_table(connection, "day_manifests", [{**m.model_dump(), "table_name": m.table} for m in manifests], DAY_MANIFESTS)
    _replace_table(connection, "restatements", [row for m in manifests for row in _restatement_rows(m)], RESTATEMENTS)
    _replace_table(connection, "rejections", _rejection_rows(lake, audit), REJECTIONS)
    _replace_table(connection, "runs", _run_rows(runs), RUNS)


def _files(lake: Lake, audit: Audit, table: Table) -> Iterator[Path]:
    for source in sources_of(audit, table):
        for folder, manifest in lake.committed(source, table, days_of(audit, table)):
            if manifest.rows_loaded:
                _require_columns(lake, table, manifest)
                yield folder / manifest.file


def _require_columns(lake: Lake, table: Table, manifest: DayManifest) -> None:
    if not lake.has_columns(table, manifest):
        raise LakeOutdated(
            f"{lake.folder(manifest.source, table, manifest.day)}: written by an earlier version, with other columns, and not read again"
            f" since — run `assay backfill` while the inputs of {manifest.source} can be reached"
        )


def _empty_file(lake: Lake, table: Table) -> Path:
    path = lake.root.absolute() / "_empty" / f"{table.name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not pq.read_schema(path).equals(table.schema):
        pq.write_table(table.schema.empty_table(), path)
    return path


def _manifests(lake: Lake, audit: Audit | None) -> Iterator[DayManifest]:
    if audit is None:
        return
    for table in LAKE_TABLES:
        for source in sources_of(audit, table):
            for _, manifest in lake.committed(source, table, days_of(audit, table)):
                yield manifest


def _restatement_rows(manifest: DayManifest) -> list[dict[str, object]]:
    return [
        {
            "source": manifest.source,
            "table_name": manifest.table,
            "day": manifest.day,
            "restated_at": change.restated_at,
            "currency": change.group,
            **{f"previous_{name}": amount for name, amount in change.before.items()},
            **change.after,
        }
        for change in manifest.restatements
    ]


def _rejection_rows(lake: Lake, audit: Audit | None) -> list[dict[str, object]]:
    if audit is None:
        return []
    return [
        {"source": source.name, "uri": refused.uri, "reason": refused.reason, "fix": refused.fix}
        for source in audit.sources.every
        for refused in lake.rejections(source.name)
    ]


def _run_rows(runs: Path | None) -> list[dict[str, object]]:
    records = [orjson.loads(path.read_bytes()) for path in sorted(runs.glob("*.json"))] if runs else []
    moments, days = ("started_at", "finished_at"), ("window_start", "window_end")
    return [
        {
            **record,
            **{name: datetime.fromisoformat(record[name]) if record[name] else None for name in moments},
            **{name: date.fromisoformat(record[name]) for name in days},
        }
        for record in records
    ]


def _replace_table(connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    arrow = pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema} for row in rows], schema=schema)
    connection.register("_incoming", arrow)
    connection.execute(f"create or replace table lake.{name} as from _incoming")
    connection.unregister("_incoming")


def _main() -> None:
    parser = argparse.ArgumentParser(description="Create the lake views in a warehouse, to work on the dbt project alone.")
    parser.add_argument("home", nargs="?", type=Path)
    parser.add_argument("audit", nargs="?", type=Path)
    parser.add_argument("--empty", type=Path, help="a DuckDB file to create with empty views")
    chosen = parser.parse_args()
    if chosen.empty:
        chosen.empty.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(chosen.empty) as connection:
            mount(connection, Lake(chosen.empty.absolute().parent / "empty-lake"), None)
        return
    with duckdb.connect(chosen.home / "warehouse.duckdb") as connection:
        mount(
            connection,
            Lake((chosen.home / "lake").absolute()),
            load_audit(chosen.audit),
            chosen.home / "runs",
        )


if __name__ == "__main__":
    _main()
