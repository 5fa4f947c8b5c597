"""The expectations as a Dagster asset: one asset check an expectation, between the facts and the evidence.

What does not belong here: what is expected (suites.py) and how it is tested (engine.py).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from audit_assets import progress
from audit_assets.ingest import OWNERS, lake_key
from audit_assets.warehouse.tables import EXPECTATION_RESULTS
from quality.engine import Result, results_table, run_suite
from quality.expectation import Expectation

ASSET = lake_key(EXPECTATION_RESULTS.name)
STATUSES = ("held", "broken", "untested", "could_not_run")


def build_expectations_asset(suite: Sequence[Expectation], deps: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that tests `suite` after `deps` were built. The resource `warehouse` says where the facts are and takes the verdicts."""

    @dg.asset(
        key=ASSET,
        deps=list(deps),
        group_name="quality",
        kinds={"duckdb", "greatexpectations"},
        owners=OWNERS,
        description=EXPECTATION_RESULTS.description,
        check_specs=[check_spec(expectation) for expectation in suite],
        pool="warehouse",
        required_resource_keys={"warehouse"},
    )
    def expectation_results(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("expectations"))
        warehouse: Any = context.resources.warehouse
        results = run_suite(Path(warehouse.warehouse_path()), suite)
        warehouse.commit_verdicts(results_table(results))
        return dg.MaterializeResult(
            metadata={"dagster/row_count": len(results), **counts(results)},
            check_results=[check_result(result) for result in results],
        )

    return expectation_results


def check_spec(expectation: Expectation) -> dg.AssetCheckSpec:
    """A broken critical expectation stops what is downstream: nothing is published on facts that are wrong."""
    return dg.AssetCheckSpec(
        name=expectation.assumption_id,
        asset=ASSET,
        description=expectation.statement,
        blocking=expectation.severity == "critical",
        metadata={"relation": expectation.relation, "lie": expectation.lie_id or "none"},
    )


def check_result(result: Result) -> dg.AssetCheckResult:
    """Only `held` passes. Only a broken critical expectation is an error; what was not tested is a warning that stays visible."""
    critical = result.severity == "critical" and result.status == "broken"
    return dg.AssetCheckResult(
        check_name=result.assumption_id,
        asset_key=ASSET,
        passed=result.status == "held",
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=f"{result.status}: {result.sample}" if result.sample else result.status,
        metadata={"status": result.status, "rows_tested": result.rows_tested or 0, "rows_failed": result.rows_failed or 0},
    )


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many assumptions have each status."""
    listed = [str(result.status) for result in results]
    return {status: listed.count(status) for status in STATUSES}
