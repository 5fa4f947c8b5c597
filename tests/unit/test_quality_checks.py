"""The expectations inside Dagster: one check an expectation, critical ones stop what is downstream, verdicts reach the lake."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from quality.checks import ASSET, build_expectations_asset
from quality.suites import Expectation

SUITE = (
    Expectation("fine", "fine", "critical", "int_checks__fine", ("cost.",), ()),
    Expectation("wrong", "wrong", "warning", "int_checks__wrong", ("cost.",), ()),
    Expectation("absent", "absent", "critical", "int_checks__absent", ("cost.",), ()),
)


class Warehouse:
    """Stands in for the platform's warehouse: a path, and where verdicts go."""

    def __init__(self, path: Path) -> None:
        self.path, self.committed = path, list[pa.Table]()

    def warehouse_path(self) -> Path:
        return self.path

    def commit_verdicts(self, results: pa.Table) -> None:
        self.committed.append(results)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table int_checks__fine as select 'a' as subject, true as ok")
        connection.execute("create table int_checks__wrong as select 'a' as subject, false as ok")
    return Warehouse(path)


def run(warehouse: Warehouse, suite: tuple[Expectation, ...]) -> dg.ExecuteInProcessResult:
    @dg.asset(deps=[ASSET])
    def downstream() -> None: ...

    definitions = dg.Definitions(assets=[build_expectations_asset(suite, deps=[]), downstream], resources={"warehouse": warehouse})
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(raise_on_error=False)


def outcomes(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str, Any]]:
    found = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            found[check.check_name] = (check.passed, check.severity.value, check.metadata["rows_failed"].value)
    return found


def test_each_expectation_is_a_check_and_only_held_passes(warehouse: Warehouse) -> None:
    result = run(warehouse, SUITE)
    assert outcomes(result) == {"fine": (True, "WARN", 0), "wrong": (False, "WARN", 1), "absent": (False, "WARN", 0)}


def test_what_could_not_run_is_not_a_failure_and_lets_the_run_go_on(warehouse: Warehouse) -> None:
    assert run(warehouse, SUITE).success
    (table,) = warehouse.committed
    assert table.column("status").to_pylist() == ["held", "broken", "could_not_run"]


def test_a_broken_critical_expectation_stops_what_is_downstream(warehouse: Warehouse) -> None:
    critical = Expectation("wrong", "wrong", "critical", "int_checks__wrong", ("cost.",), ())
    result = run(warehouse, (critical,))
    assert outcomes(result) == {"wrong": (False, "ERROR", 1)}
    assert not result.success
    assert result.asset_materializations_for_node("downstream") == []
