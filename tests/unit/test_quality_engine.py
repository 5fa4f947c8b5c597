"""Every outcome of an expectation: held, broken, untested, could not run. And that one connection is what makes the library work here."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from audit_assets.warehouse.tables import EXPECTATION_RESULTS
from quality import engine
from quality.engine import results_table, run_suite, verdict
from quality.expectation import Expectation
from quality.suites import SUITE

CHECKS = Path(__file__).parents[2] / "dbt_project" / "models" / "intermediate" / "checks"
ROWS = """
    create table int_checks__{0} as
    select 'subject ' || i as subject, {1} as ok from range({2}) as t (i)
"""


def expectation(name: str, **changes: object) -> Expectation:
    given = {"severity": "warning", "affects": ("cost.", "gpu."), "needs": ("billing", "metrics"), "lie_id": None}
    return Expectation(assumption_id=name, statement=f"{name} holds", relation=f"int_checks__{name}", **{**given, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(ROWS.format("held", "true", 12))
        connection.execute(ROWS.format("broken", "i % 2 = 0 or null", 12))
        connection.execute(ROWS.format("partly_tested", "case when i > 3 then i <> 9 end", 12))
        connection.execute(ROWS.format("nothing_tested", "null::boolean", 3))
        connection.execute(ROWS.format("no_rows", "true", 0))
        connection.execute("create table stg_metrics__gpu_hourly as select unnest([0.2, 1.7, null]) as sm_active_mean")
    return path


def one(warehouse: Path, name: str, **changes: object) -> engine.Result:
    (result,) = run_suite(warehouse, [expectation(name, **changes)])
    return result


def test_held(warehouse: Path) -> None:
    result = one(warehouse, "held")
    assert (result.status, result.rows_tested, result.rows_failed, result.sample) == ("held", 12, 0, None)


def test_broken_names_the_failing_subjects_and_ignores_what_could_not_be_tested(warehouse: Path) -> None:
    result = one(warehouse, "partly_tested")
    assert (result.status, result.rows_tested, result.rows_failed, result.sample) == ("broken", 8, 1, "subject 9")


@pytest.mark.parametrize("name", ["no_rows", "nothing_tested"])
def test_an_empty_relation_and_one_without_answers_are_untested_not_held(warehouse: Path, name: str) -> None:
    result = one(warehouse, name)
    assert (result.status, result.rows_tested, result.rows_failed) == ("untested", 0, 0)
    assert result.sample == "nothing to test: no such rows from billing and metrics"


def test_a_missing_relation_could_not_run(warehouse: Path) -> None:
    result = one(warehouse, "nowhere")
    assert (result.status, result.rows_tested, result.rows_failed) == ("could_not_run", None, None)
    assert "int_checks__nowhere" in str(result.sample)


def test_a_crash_inside_the_library_could_not_run(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(engine, "_validate", crash)
    result = one(warehouse, "held")
    assert (result.status, result.sample) == ("could_not_run", "IndexError: list index out of range")


def test_an_expectation_that_does_not_exist_could_not_run(warehouse: Path) -> None:
    assert one(warehouse, "held", expectation="ExpectMiracles").status == "could_not_run"


def test_an_expectation_on_any_relation_shows_failing_values(warehouse: Path) -> None:
    limits = {"column": "sm_active_mean", "min_value": 0, "max_value": 1}
    changes = {"relation": "stg_metrics__gpu_hourly", "expectation": "ExpectColumnValuesToBeBetween", "kwargs": limits}
    given = {"assumption_id": "shares", "statement": "s", "severity": "warning", "affects": (), "needs": ()}
    (result,) = run_suite(warehouse, [Expectation(**{**given, **changes})])  # type: ignore[arg-type]
    assert (result.status, result.rows_tested, result.rows_failed, result.sample) == ("broken", 2, 1, "1.7")


def test_the_library_fails_on_duckdb_without_the_kept_connection(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why KeptConnection exists. When this fails, the library reads its cursor in time and KeptConnection can go."""
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    monkeypatch.setattr(engine, "_kept_connection_engine", lambda: SqlAlchemyExecutionEngine)
    result = one(warehouse, "held")
    assert result.status == "could_not_run"
    assert "list index out of range" in str(result.sample)


def test_results_are_in_the_schema_of_the_lake(warehouse: Path) -> None:
    table = results_table(run_suite(warehouse, [expectation("held"), expectation("nowhere")]))
    assert table.schema.equals(EXPECTATION_RESULTS.schema)
    assert table.column("affects").to_pylist() == ["cost.,gpu."] * 2
    assert isinstance(table, pa.Table)


def test_the_warehouse_can_be_written_again_after_the_suite(warehouse: Path) -> None:
    run_suite(warehouse, [expectation("held")])
    with duckdb.connect(warehouse) as connection:
        connection.execute("create or replace table written as select 1 as one")


def test_nulls_are_not_counted() -> None:
    answer = {"element_count": 5, "missing_count": 5, "unexpected_count": 0, "sample": None}
    assert verdict(expectation("any"), lambda _: answer).status == "untested"


def test_assumptions_are_named_once() -> None:
    ids = [one.assumption_id for one in SUITE]
    assert len(ids) == len(set(ids))


def test_lies_are_named_once_and_after_the_list_they_come_from() -> None:
    lies = [one.lie_id for one in SUITE if one.lie_id]
    assert len(lies) == len(set(lies))
    assert all(lie[0] in "LA" and lie[1:].split("_", 1)[0].isdigit() for lie in lies)


def test_each_check_has_its_model_and_each_model_its_expectation() -> None:
    models = {path.stem for path in CHECKS.glob("int_checks__*.sql")}
    assert models == {one.relation for one in SUITE if one.relation.startswith("int_checks__")}
