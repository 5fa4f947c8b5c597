"""The project's own SQL on rows that a test makes up: models compiled once by dbt, run in DuckDB in memory, in their order."""

from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from audit_assets.home import Home
from audit_assets.lake import Lake
from audit_assets.warehouse.dbt import PROJECT
from audit_assets.warehouse.mount import mount
from audit_assets.warehouse.tables import LAKE_TABLES
from tests.dbt_runs import run_dbt

DATABASE = "warehouse"  # the name that compiled SQL uses
SCHEMAS = {table.name: table.schema for table in LAKE_TABLES}


class CompiledModels:
    """Models that lead to `goals`, and the seeds that they read."""

    def __init__(self, folder: Path, goals: tuple[str, ...]) -> None:
        self.empty_lake = Lake(folder / "lake")
        home = Home(folder)
        run_dbt(home, "compile", "--select", *(f"+{goal}" for goal in goals))
        manifest = orjson.loads((home.dbt / "target" / "manifest.json").read_bytes())
        nodes = manifest["nodes"]
        self.seeds = {node["name"]: PROJECT / node["original_file_path"] for node in nodes.values() if node["resource_type"] == "seed"}
        ordered = [nodes[name] for name in _in_order(nodes, goals)]
        self.models = [(node["name"], node["config"]["materialized"], node["compiled_code"]) for node in ordered]

    def run(self, rows: dict[str, list[dict[str, Any]] | pa.Table]) -> duckdb.DuckDBPyConnection:
        """A database with every model, made from these rows of the lake's tables; columns left out are null."""
        connection = duckdb.connect()
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        mount(connection, self.empty_lake, None)
        for name, records in rows.items():
            given = records if isinstance(records, pa.Table) else pa.Table.from_pylist(records, schema=SCHEMAS[name])  # noqa: F841 (DuckDB finds it by its name)
            connection.execute(f"drop view lake.{name}; create table lake.{name} as select * from given")
        self.build(connection)
        return connection

    def build(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make every seed and model, as a table or as a view, in a database that has the lake mounted."""
        for name, path in self.seeds.items():
            connection.execute(f"create table {name} as select * from read_csv('{path}', header = true)")
        for name, materialized, sql in self.models:
            connection.execute(f"create {materialized} {name} as {sql}")


def _in_order(nodes: dict[str, Any], goals: tuple[str, ...]) -> list[str]:
    """Models before the ones that read them."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name not in ordered and nodes.get(name, {}).get("resource_type") == "model":
            for parent in nodes[name]["depends_on"]["nodes"]:
                visit(parent)
            ordered.append(name)

    for goal in goals:
        visit(f"model.assay.{goal}")
    return ordered
