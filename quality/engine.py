"""The only module that knows Great Expectations. It turns expectations into verdicts, and nothing else.

Great Expectations 1.24 closes a DuckDB connection before it reads the cursor ("list index out of range"), so the execution engine here
keeps one connection, as the library itself does for SQLite. It is imported on first use: the import costs seconds.
"""
# ruff: noqa: PLC0415  imports inside functions are what makes this module cheap to load

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from audit_assets.warehouse.tables import EXPECTATION_RESULTS
from quality.expectation import Expectation
from quality.suites import SUITE

Status = Literal["held", "broken", "untested", "could_not_run"]
SAMPLE_SUBJECTS = 5


@dataclass(frozen=True)
class Result:
    """The verdict on one assumption. Counts are null when the check could not run."""

    assumption_id: str
    statement: str
    status: Status
    severity: str
    relation: str
    rows_tested: int | None
    rows_failed: int | None
    sample: str | None
    affects: str
    needs: str
    lie_id: str | None


def run_suite(warehouse: Path, suite: Sequence[Expectation] = SUITE) -> list[Result]:
    """A verdict for every expectation of `suite`, in its order. Reads `warehouse` and never raises for what it finds there."""
    with _validating(warehouse) as validate:
        return [verdict(expectation, validate) for expectation in suite]


def results_table(results: Sequence[Result]) -> pa.Table:
    """Verdicts in the schema of the lake table `expectation_results`."""
    return EXPECTATION_RESULTS.rows([asdict(result) for result in results])


Validate = Callable[[Expectation], Mapping[str, Any]]


def verdict(expectation: Expectation, validate: Validate) -> Result:
    """What the answer of `validate` means; anything that it raises means that the check could not run."""
    try:
        answer = validate(expectation)
    except Exception as problem:  # noqa: BLE001  whatever breaks inside the library, the check has not failed: it has not run
        return _result(expectation, "could_not_run", None, None, f"{type(problem).__name__}: {problem}"[:500])
    tested, failed = answer["element_count"] - answer["missing_count"], answer["unexpected_count"] or 0
    if tested == 0:
        wanted = " and ".join(expectation.needs) or "any source"
        return _result(expectation, "untested", 0, 0, f"nothing to test: no such rows from {wanted}")
    status: Status = "broken" if failed else "held"
    return _result(expectation, status, tested, failed, answer["sample"] if failed else None)


def _result(expectation: Expectation, status: Status, tested: int | None, failed: int | None, sample: str | None) -> Result:
    return Result(
        assumption_id=expectation.assumption_id,
        statement=expectation.statement,
        status=status,
        severity=expectation.severity,
        relation=expectation.relation,
        rows_tested=tested,
        rows_failed=failed,
        sample=sample,
        affects=",".join(expectation.affects),
        needs=",".join(expectation.needs),
        lie_id=expectation.lie_id,
    )


class CheckCrashed(Exception):
    """Great Expectations answered with an exception of its own instead of a verdict."""


@contextmanager
def _validating(warehouse: Path) -> Iterator[Validate]:
    """A function that runs one expectation against `warehouse`. Its one connection is opened on first use and closed at the end."""
    import sqlalchemy as sa

    engine = sa.create_engine(f"duckdb:///{warehouse}", connect_args={"read_only": True}, poolclass=sa.StaticPool)

    @cache
    def kept() -> Any:
        return _kept_connection_engine()(engine=engine)

    try:
        yield lambda expectation: _answer(kept(), expectation)
    finally:
        engine.dispose()


def _answer(engine: Any, expectation: Expectation) -> Mapping[str, Any]:
    answer = _validate(engine, expectation)
    values = ", ".join(str(value) for value in answer["partial_unexpected_list"][:SAMPLE_SUBJECTS])
    return {**answer, "sample": _failing_subjects(engine, expectation) or values}


@cache
def _kept_connection_engine() -> type[Any]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine

    class KeptConnection(SqlAlchemyExecutionEngine):
        """An execution engine whose connection outlives the query, so that its cursor can still be read."""

        @contextmanager
        def get_connection(self) -> Iterator[Any]:
            """The one connection, opened on first use."""
            if self._connection is None:
                self._connection = self.engine.connect()
            yield self._connection

    return KeptConnection


def _validate(engine: Any, expectation: Expectation) -> Mapping[str, Any]:
    """The library's own result of one expectation on the whole relation. Raises CheckCrashed with its message."""
    import great_expectations.expectations as core
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    relation: Any = SqlAlchemyBatchData(execution_engine=engine, table_name=expectation.relation, create_temp_table=False)
    validator = Validator(execution_engine=engine, batches=[Batch(data=relation)])
    validator.metrics_calculator.show_progress_bars = False
    asked = getattr(core, expectation.expectation)(**expectation.kwargs)
    (answer,) = validator.graph_validate(configurations=[asked.configuration], runtime_configuration={"result_format": "BASIC"})
    crash = _crash(answer.exception_info)
    if crash:
        raise CheckCrashed(crash)
    return dict(answer.result)


def _crash(exception_info: Mapping[str, Any] | None) -> str | None:
    """The message of an exception, which the library reports either at the top or once a metric."""
    for entry in [exception_info or {}, *(v for v in (exception_info or {}).values() if isinstance(v, Mapping))]:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message"))
    return None


def _failing_subjects(engine: Any, expectation: Expectation) -> str | None:
    """Up to five subjects that failed, for relations that name their subjects."""
    import sqlalchemy as sa

    if not expectation.relation.startswith("int_checks__"):
        return None
    query = f"select distinct subject from {expectation.relation} where not ok order by subject limit {SAMPLE_SUBJECTS}"
    with engine.get_connection() as connection:
        return ", ".join(str(row[0]) for row in connection.execute(sa.text(query))) or None
