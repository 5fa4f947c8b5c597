"""build_defs(): the one assembly, the same for the UI, the command line and tests. It alone knows every folder.

The UI finds the audit through ASSAY_AUDIT and ASSAY_HOME, which `assay` and `make dev` set.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from audit_assets.artifacts.assets import build_document_assets
from audit_assets.artifacts.index_assets import build_index_assets
from audit_assets.artifacts.slo_files import RuleMaker, build_slo_files_asset
from audit_assets.audit import load_audit
from audit_assets.billing.assets import INGESTIONS as BILLING
from audit_assets.declared.assets import build_declared_asset
from audit_assets.declared.tables import TABLES as DECLARED_TABLES
from audit_assets.home import Home
from audit_assets.incidents.assets import INGESTIONS as INCIDENTS
from audit_assets.incidents.assets import redacted
from audit_assets.ingest import Ingestion, ingestion_assets
from audit_assets.manifests.assets import INGESTIONS as MANIFESTS
from audit_assets.manifests.promql import check
from audit_assets.metrics.assets import INGESTIONS as METRICS
from audit_assets.resources import AuditResource
from audit_assets.slo_rules.rules import alerts_that_never_fire, rules_of
from audit_assets.warehouse.assets import (
    MARTS_KEY,
    Warehouse,
    build_dbt_assets,
    build_dbt_resource,
    build_finished_asset,
    build_marts_asset,
)
from audit_assets.warehouse.dbt import ensure_manifest
from quality.checks import build_expectations_asset
from quality.suites import SUITE
from sensors.arrivals import build_arrival_sensors, build_publish_sensor
from sensors.failures import build_failure_sensor
from sensors.schedules import build_schedules
from sensors.watched import Watched

INGESTIONS: tuple[Ingestion, ...] = (*BILLING, *INCIDENTS, *METRICS, *MANIFESTS)
INGEST_JOB, SNAPSHOT_JOB, PUBLISH_JOB = "ingest_days", "ingest_snapshots", "publish_audit"
PATIENCE_SECONDS = 3600.0  # of a run that the daemon or the UI started, while the command line has the home


def build_defs(
    audit_path: Path, home_path: Path, resource_overrides: Mapping[str, Any] | None = None, patience_seconds: float = 0.0
) -> dg.Definitions:
    """Everything Dagster knows about one audit. Raises BadInput when audit.yaml is unusable.

    `patience_seconds`: how long a run waits for another process to let go of the home.
    """
    ensure_manifest()
    audit = load_audit(audit_path)
    resource = AuditResource(audit_path=str(audit_path), home_path=str(home_path), patience_seconds=patience_seconds)
    moving = "end" not in audit.audit.window.model_fields_set
    facts, evidence = build_dbt_assets(evidence=False, writers=writers()), build_dbt_assets(evidence=True, writers=writers())
    daily = [ingestion_assets(one, audit.window, moving) for one in INGESTIONS if not one.snapshot]
    snapshots = [ingestion_assets(one, audit.window) for one in INGESTIONS if one.snapshot]
    documents = [*build_document_assets(MARTS_KEY), build_slo_files_asset(MARTS_KEY, slo_rule_maker())]
    made = [
        build_declared_asset(redacted),
        facts,
        build_expectations_asset(SUITE, deps=sorted(facts.keys)),
        evidence,
        build_marts_asset(sorted(evidence.keys | facts.keys)),
        *documents,
        *build_index_assets(_keys(documents)),
    ]
    rest = [*made, build_finished_asset(_keys(made))]
    watched = Watched(audit_path, home_path, INGESTIONS)
    return dg.Definitions(
        assets=[*daily, *snapshots, *rest],
        jobs=[
            dg.define_asset_job(INGEST_JOB, selection=dg.AssetSelection.assets(*_keys(daily))),
            dg.define_asset_job(SNAPSHOT_JOB, selection=dg.AssetSelection.assets(*_keys(snapshots))),
            dg.define_asset_job(PUBLISH_JOB, selection=dg.AssetSelection.assets(*_keys(rest))),
        ],
        schedules=build_schedules(watched, INGEST_JOB, SNAPSHOT_JOB),
        sensors=[
            *build_arrival_sensors(watched, INGEST_JOB, SNAPSHOT_JOB),
            build_publish_sensor(watched, PUBLISH_JOB, (INGEST_JOB, SNAPSHOT_JOB)),
            build_failure_sensor(watched),
        ],
        resources={
            "audit": resource,
            "warehouse": Warehouse(audit=resource),
            "dbt": build_dbt_resource(Home(home_path.resolve())),
            **(resource_overrides or {}),
        },
        executor=dg.in_process_executor,
    )


def writers() -> dict[str, str]:
    """Which asset writes each lake table."""
    ingested = {table.name: one.name for one in INGESTIONS for table in one.tables}
    return {**ingested, **{table.name: "declared" for table in DECLARED_TABLES}}


def slo_rule_maker() -> RuleMaker:
    """The rule generator with the PromQL check that alert rules of manifests get."""
    return RuleMaker(lambda spec, period: rules_of(spec, period, lambda expression: check(expression).error), alerts_that_never_fire)


def _keys(assets: list[Any]) -> list[dg.AssetKey]:
    return sorted({key for definition in assets for key in definition.keys})


def location() -> dg.Definitions:
    """The code location that `workspace.yaml` names."""
    return build_defs(
        Path(os.environ.get("ASSAY_AUDIT", "audit.yaml")).resolve(),
        Path(os.environ.get("ASSAY_HOME", ".assay")).resolve(),
        patience_seconds=PATIENCE_SECONDS,
    )
