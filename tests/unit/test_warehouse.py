import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from audit_assets.audit import Audit
from audit_assets.declared.declare import declared_partitions
from audit_assets.errors import LakeOutdated
from audit_assets.lake import Lake
from audit_assets.warehouse.assets import build_dbt_assets
from audit_assets.warehouse.dbt import BUILD, ensure_manifest
from audit_assets.warehouse.mount import mount
from audit_assets.warehouse.publish import publish
from audit_assets.warehouse.staging import files
from audit_assets.warehouse.tables import LAKE_TABLES


def audit_ending(day: str) -> Audit:
    workload = {"name": "llm", "kind": "inference", "match": {"labels": {"app": "x"}}}
    return Audit.model_validate(
        {
            "version": 1,
            "audit": {"name": "a", "window": {"days": 2, "end": day}},
            "scope": {"services": [{"name": "chat", "workloads": [workload]}]},
        }
    )


def test_the_staging_models_are_what_the_tables_say() -> None:
    stale = [str(path) for path, content in files().items() if not path.exists() or path.read_text(encoding="utf-8") != content]
    assert not stale, "run `make staging`"


def test_table_names_are_unique() -> None:
    names = [table.name for table in LAKE_TABLES]
    assert len(names) == len(set(names))


def test_an_empty_lake_mounts_every_table_as_empty(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        mount(connection, Lake(tmp_path), None)
        counts = [connection.execute(f"select count(*) from lake.{table.name}").fetchone() for table in LAKE_TABLES]
    assert set(counts) == {(0,)}


def test_only_the_window_and_the_current_sources_are_mounted(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for partition in declared_partitions(audit_ending("2026-03-02")):
        lake.commit("declared", partition, "d", datetime(2026, 4, 1, tzinfo=UTC))
    with duckdb.connect() as connection:
        mount(connection, lake, audit_ending("2026-03-02"))
        assert connection.execute("select workload, labels from lake.declared_workloads").fetchall() == [("llm", {"app": "x"})]
        mount(connection, lake, audit_ending("2026-05-01"))
        assert connection.execute("select * from lake.declared_workloads").fetchall() == []


def test_a_day_that_an_earlier_version_wrote_is_refused_by_name(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for partition in declared_partitions(audit_ending("2026-03-02")):
        earlier = replace(partition.table, columns=partition.table.columns[:-1])
        rows = partition.rows.drop_columns(partition.table.columns[-1].name)  # type: ignore[union-attr]
        lake.commit("declared", replace(partition, table=earlier, rows=rows), "d", datetime(2026, 4, 1, tzinfo=UTC))
    with (
        duckdb.connect() as connection,
        pytest.raises(LakeOutdated, match=r"declared.*day=2026-03-02: written by an earlier version.*assay backfill"),
    ):
        mount(connection, lake, audit_ending("2026-03-02"))


def test_publishing_copies_marts_with_comments_and_leaves_readers_alone(tmp_path: Path) -> None:
    warehouse, marts = tmp_path / "w.duckdb", tmp_path / "marts.duckdb"
    with duckdb.connect(warehouse) as connection:
        connection.execute("create table fct_x as select 1 as n; create table int_y as select 2 as n")
        connection.execute("comment on table fct_x is 'it''s x'; comment on column fct_x.n is 'a number'")
    publish(warehouse, marts)
    with duckdb.connect(marts, read_only=True) as reader:
        with duckdb.connect(warehouse) as connection:
            connection.execute("update fct_x set n = 3")
        assert publish(warehouse, marts).marts == 1
        assert reader.execute("from fct_x").fetchall() == [(1,)]
    with duckdb.connect(marts, read_only=True) as after:
        assert after.execute("from fct_x").fetchall() == [(3,)]
        assert after.execute("select comment from duckdb_tables()").fetchall() == [("it's x",)]
        assert after.execute("select comment from duckdb_columns() where table_name = 'fct_x'").fetchall() == [("a number",)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marts.duckdb", "w.duckdb"]


def test_unit_tests_are_not_part_of_a_run() -> None:
    assert BUILD[:3] == ["build", "--exclude-resource-type", "unit_test"]


def test_a_run_checks_every_generic_test_but_those_of_seeds() -> None:
    nodes = json.loads(ensure_manifest().read_text())["nodes"].values()
    tests = {node["name"]: node["attached_node"] for node in nodes if node.get("test_metadata")}
    of_seeds = {name for name, tested in tests.items() if tested.startswith("seed.")}
    checked = {key.name for evidence in (False, True) for key in build_dbt_assets(evidence, writers={}).check_keys}
    assert of_seeds and checked & tests.keys() == tests.keys() - of_seeds
