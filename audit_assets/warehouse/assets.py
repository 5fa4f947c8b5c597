"""The warehouse as assets: two dbt passes with the expectations between them, and the published copy."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets
from packaging.version import Version

from audit_assets import progress
from audit_assets.audit import Audit
from audit_assets.home import Home
from audit_assets.ingest import OWNERS, lake_key
from audit_assets.record import begin, finish
from audit_assets.resources import AuditResource
from audit_assets.source import Partition
from audit_assets.warehouse.dbt import ASSAY_DBT, BUILD, EVIDENCE_TAG, MANIFEST, PROJECT, SEED_TESTS, environment
from audit_assets.warehouse.mount import mount
from audit_assets.warehouse.publish import publish
from audit_assets.warehouse.tables import EXPECTATION_RESULTS

MARTS_KEY = dg.AssetKey("marts")
FINISHED_KEY = dg.AssetKey("finished")
VERDICTS_KEY = lake_key(EXPECTATION_RESULTS.name)


class Translator(DagsterDbtTranslator):
    """Groups are folders; a source table belongs to the asset that writes it. `writers` maps lake tables to assets."""

    def __init__(self, writers: Mapping[str, str]) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self.writers = writers

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Sources are the lake's assets; models and seeds are named as they are."""
        name = str(dbt_resource_props["name"])
        return lake_key(self.writers.get(name, name)) if dbt_resource_props["resource_type"] == "source" else dg.AssetKey(name)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """marts/cost → cost; staging and intermediate by their layer."""
        layers = list(dbt_resource_props["fqn"])[1:-1]
        if not layers:
            return "seeds"
        return str(layers[1]) if layers[0] == "marts" and len(layers) > 1 else str(layers[0])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The platform team owns every model."""
        return OWNERS


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """What the expectations are given: where the facts are, and where verdicts go."""

    audit: dg.ResourceDependency[AuditResource]

    def warehouse_path(self) -> Any:
        """The DuckDB file with the facts."""
        return self.audit.home.warehouse

    def commit_verdicts(self, results: pa.Table) -> None:
        """Commit the verdicts to the lake and mount them for the evidence pass."""
        home, audit = self.audit.home, self.audit.audit
        partition = Partition(EXPECTATION_RESULTS, audit.window.end, results)
        with home.writing():
            home.lake.commit("quality", partition, "", datetime.now(tz=UTC))


def build_dbt_assets(evidence: bool, writers: Mapping[str, str]) -> dg.AssetsDefinition:
    """One pass of dbt as assets; its data tests are asset checks. `writers`: lake table → asset."""
    name = "evidence" if evidence else "facts"

    @dbt_assets(
        manifest=MANIFEST,
        name=f"dbt_{name}",
        select=EVIDENCE_TAG if evidence else "fqn:*",
        exclude=None if evidence else f"{EVIDENCE_TAG} {SEED_TESTS}",
        dagster_dbt_translator=Translator(writers),
        pool="warehouse",
    )
    def run_pass(context: dg.AssetExecutionContext, dbt: DbtCliResource, audit: AuditResource) -> Iterator[Any]:
        progress.say(progress.Stage(f"warehouse: {name}"))
        with audit.home.writing():
            if not evidence:
                begin(audit.audit, audit.home)
            remount(audit.home, audit.audit)
            yield from dbt.cli([*BUILD], context=context, target_path=audit.home.dbt / "target").stream()

    return run_pass


def remount(home: Home, audit: Audit) -> None:
    """Bring the lake's views in the warehouse up to date."""
    with duckdb.connect(home.warehouse) as connection:
        mount(connection, home.lake, audit, home.runs)


class Dbt(DbtCliResource):
    """dbt as a command, without what dagster-dbt starts beside it for features that Assay does not use: seconds of CPU a pass."""

    @cached_property
    def _cli_version(self) -> Version:
        """Of the dbt that is installed here; asking the command takes a start of dbt."""
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        """None: an adapter in this process is only for fetching column metadata, which the project's own contracts state."""
        return None


def build_dbt_resource(home: Home) -> DbtCliResource:
    """dbt on this project, against the home's warehouse."""
    os.environ.update({key: value for key, value in environment(home).items() if key.startswith(("ASSAY_", "DBT_"))})
    return Dbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=ASSAY_DBT)


def build_marts_asset(deps: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published marts: replaced in one step after evidence is complete."""

    @dg.asset(
        key=MARTS_KEY,
        deps=deps,
        group_name="publish",
        kinds={"duckdb"},
        owners=OWNERS,
        description="marts.duckdb, the file that analysts open: every mart with its comments, replaced in one step.",
        pool="warehouse",
    )
    def marts(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("publish"))
        with audit.home.writing():
            published = publish(audit.home.warehouse, audit.home.marts)
        return dg.MaterializeResult(metadata={"marts": published.marts, "dagster/row_count": published.rows, "bytes": published.bytes})

    return marts


def build_finished_asset(deps: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The note that marts and documents are those of the present inputs: written when everything else is."""

    @dg.asset(
        key=FINISHED_KEY,
        deps=deps,
        group_name="publish",
        kinds={"json"},
        owners=OWNERS,
        description="The record that marts and documents are up to date with the lake, audit.yaml and the code.",
        pool="warehouse",
    )
    def finished(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with audit.home.writing():
            run_id = finish(audit.audit, audit.home)
        return dg.MaterializeResult(metadata={"run_id": run_id})

    return finished
