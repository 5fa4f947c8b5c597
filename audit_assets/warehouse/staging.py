"""Writes the dbt sources and staging models from the lake's tables: `python -m audit_assets.warehouse.staging`.

Staging renames nothing and filters nothing; it lists the columns and turns aware timestamps into UTC timestamps. A unit test fails
when the committed files differ from what the tables say.
"""

from pathlib import Path

import pyarrow as pa
import yaml

from audit_assets.tables import Column, Table
from audit_assets.warehouse.mount import DAY_MANIFESTS, REJECTIONS, RESTATEMENTS, RUNS
from audit_assets.warehouse.tables import LAKE_TABLES

STAGING = Path(__file__).parents[2] / "dbt_project" / "models" / "staging"
NOT_STAGED = frozenset({"samples"})  # raw samples are reduced before the warehouse, never in it
ABOUT_THE_LAKE = {
    "day_manifests": ("One row a source, table and day that the lake has committed.", DAY_MANIFESTS),
    "restatements": ("One row a change of a billed day's totals, and currency.", RESTATEMENTS),
    "rejections": ("One row an input that a source refused whole.", REJECTIONS),
    "runs": ("One row a finished run.", RUNS),
}


def model_name(table: Table) -> str:
    """`stg_<kind>__<entity>`, the entity without the prefix that the kind already says."""
    prefixes = {"declared": "declared_", "manifests": "k8s_"}
    return f"stg_{table.kind}__{table.name.removeprefix(prefixes.get(table.kind, ' '))}"


def model_sql(table: Table) -> str:
    """The staging model of a table."""
    columns = ",\n".join(f"    {_expression(column)}" for column in table.columns)
    return f"-- {table.description}\nselect\n{columns}\nfrom {{{{ source('lake', '{table.name}') }}}}\n"


def _expression(column: Column) -> str:
    if pa.types.is_timestamp(column.type):
        # AT TIME ZONE and casts go through ICU: 33 times the CPU, seconds a column in a bill of ten million rows
        return f"make_timestamp(epoch_us({column.name})) as {column.name}"
    return column.name


def sources_yaml() -> str:
    """`_lake__sources.yml`."""
    tables = [_described(table.name, table.description, table.columns) for table in LAKE_TABLES]
    tables += [{"name": name, "description": text} for name, (text, _) in ABOUT_THE_LAKE.items()]
    return _dump({"version": 2, "sources": [{"name": "lake", "schema": "lake", "tables": tables}]})


def models_yaml() -> str:
    """`_lake__models.yml`."""
    staged = [table for table in LAKE_TABLES if table.name not in NOT_STAGED]
    return _dump({"version": 2, "models": [_described(model_name(t), t.description, t.columns) for t in staged]})


def files() -> dict[Path, str]:
    """Every generated file with its content."""
    generated = {STAGING / "_lake__sources.yml": sources_yaml(), STAGING / "_lake__models.yml": models_yaml()}
    for table in LAKE_TABLES:
        if table.name not in NOT_STAGED:
            generated[STAGING / table.kind / f"{model_name(table)}.sql"] = model_sql(table)
    return generated


def _described(name: str, description: str, columns: tuple[Column, ...]) -> dict[str, object]:
    listed = [{"name": column.name, "description": column.description} for column in columns]
    return {"name": name, "description": description, "columns": listed}


def _dump(content: dict[str, object]) -> str:
    return "# Written by `python -m audit_assets.warehouse.staging` from the lake's tables.\n" + yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, width=140
    )


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
