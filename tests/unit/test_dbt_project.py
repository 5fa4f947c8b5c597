"""House rules of the dbt project, and its unit tests, which dbt runs over empty tables."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from audit_assets.home import Home
from audit_assets.warehouse.dbt import SEED_TESTS, ensure_manifest
from audit_assets.warehouse.mount import mount
from tests.dbt_runs import run_dbt

CONTRACT = {
    "fct_gpu_spend_daily": "day provider account region resource_id node cluster gpu_model pricing_category charge_category list_cost billed_cost"
    " effective_cost gpu_count gpu_hours tagged is_final",
    "fct_workload_cost_daily": "day service workload kind tenant cluster split_rule gpu_hours_allocated gpu_hours_active allocated_cost used_cost"
    " allocated_idle_cost shared_cost total_cost",
    "fct_idle_cost_daily": "day cluster node gpu_model split_rule idle_class reason gpu_hours cost",
    "fct_unit_cost": "service workload kind unit split_rule basis units cost cost_per_unit low high reference_profile status claim_id",
    "fct_cost_fixed_variable": "component fixed_cost variable_cost fixed_share",
    "fct_cost_elasticity": "workload utilisation cost_per_unit observed",
    "fct_cost_trend": "week effective_cost usage_units price_effect mix_effect volume_effect",
    "fct_commitments": "commitment_id day committed_cost used_cost unused_cost coverage utilisation",
    "fct_console_lies": "lie_id source subject console_value true_value unit cost_at_stake detail claim_id",
    "fct_incidents": "incident_id title is_near_miss paged customer_visible started_at detected_at acknowledged_at mitigated_at resolved_at"
    " detection_minutes mitigation_minutes mode mode_detail mode_confidence mode_evidence blast_radius services sources",
    "fct_failure_modes": "mode incidents near_misses per_30_days worst_blast_radius detection_p50_minutes mitigation_p50_minutes n_without_times"
    " guardrails guardrail_state",
    "dim_guardrails": "guardrail mode kind exists parses metric_present last_tested_at conditions_met fired state",
    "fct_spofs": "spof_id kind object namespace cluster evidence source_uri blast_radius",
    "fct_fix_first": "rank item mode_or_spof evidence effort_days benefit benefit_unit claim_id",
    "fct_sli_daily": "day service sli good total value low high coverage",
    "fct_slo_baseline": "service sli unit current low high bucket_low bucket_high censored required ceiling binding n_days n_events",
    "fct_slo_proposal": "service sli consumer objective threshold threshold_unit window_days error_budget rationale measurable status claim_id",
    "fct_error_budget_replay": "service sli objective_source objective day spend exhausted pages tickets",
    "fct_roadmap_items": "rank phase title problem evidence owner owner_source effort_days metric metric_from metric_to benefit benefit_unit claim_ids",
    "fct_readiness_checks": "requirement_id layer question status answer evidence claim_ids",
    "fct_scope": "service workload declared running billed measured units_measured verdict",
    "fct_assumptions": "assumption_id statement status severity rows_tested rows_failed sample affects",
    "fct_claims": "claim_id track subject statement value value_text unit low high status coverage relation query inputs_digest window_start"
    " window_end",
    "fct_config_findings": "finding_id kind object namespace cluster evidence source_uri requirement_id",
    "meta_runs": "run_id started_at finished_at status versions window_start window_end",
    "meta_sources": "source table_name day rows_in rows_loaded rows_quarantined bytes sha256 uris extracted_at gap_reason",
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ensure_manifest().read_text())
    return loaded


def marts(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["fqn"][1] == "marts")


def test_every_published_mart_has_its_columns(manifest: dict[str, Any]) -> None:
    found = {node["name"]: set(node["columns"]) for node in marts(manifest)}
    missing = {name: sorted(set(columns.split()) - found.get(name, set())) for name, columns in CONTRACT.items()}
    assert not {name: columns for name, columns in missing.items() if columns}


def test_every_mart_has_a_contract_descriptions_types_an_owner_and_a_grain(manifest: dict[str, Any]) -> None:
    tested = {test["attached_node"] for test in manifest["nodes"].values() if test["name"].startswith(("unique_combination", "unique_"))}
    faults = []
    for node in marts(manifest):
        faults += [f"{node['name']}: no contract"] if not node["contract"]["enforced"] else []
        faults += [f"{node['name']}: no description"] if not node["description"] else []
        faults += [f"{node['name']}: no owner"] if not node["config"]["meta"].get("owner") else []
        faults += [f"{node['name']}: no grain test"] if node["unique_id"] not in tested else []
        faults += [f"{node['name']}.{c['name']}: no description" for c in node["columns"].values() if not c["description"]]
    assert not faults


def test_a_mart_names_its_columns(manifest: dict[str, Any]) -> None:
    starred = [node["name"] for node in marts(manifest) if "select *" in node["raw_code"].strip().lower().rsplit("\n)\n", 1)[-1]]
    assert not starred


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in whose warehouse every model was built from an empty lake."""
    home = Home(tmp_path_factory.mktemp("dbt"))
    with duckdb.connect(home.warehouse) as connection:
        mount(connection, home.lake, None)
    for step in ("seed", "run"):
        run_dbt(home, step)
    return home


def test_dbt_unit_tests_and_the_tests_of_seeds_pass(built: Home) -> None:
    done = run_dbt(built, "test", "--select", "test_type:unit", SEED_TESTS)
    assert "PASS=" in done.stdout and "PASS=0 " not in done.stdout


def test_a_table_whose_rows_repeat_its_grain_is_not_built(built: Home) -> None:
    rates = (
        "create or replace table main.stg_declared__exchange_rates as"
        " select 'EUR' as currency, {rate} as rate, '' as rate_source, date '2026-01-01' as since"
    )
    model, found = "int_billing__exchange_rates", []
    with duckdb.connect(built.warehouse) as connection:
        connection.execute("drop view main.stg_declared__exchange_rates")
    for rate, code in (("1.1", 0), ("unnest([1.1, 1.2])", 1)):
        with duckdb.connect(built.warehouse) as connection:
            connection.execute(rates.format(rate=rate))
        done = run_dbt(built, "run", "--select", model, check=False)
        assert done.returncode == code, done.stdout
        with duckdb.connect(built.warehouse) as connection:
            found.append(connection.execute(f"select currency, valid_from from {model}").fetchall())
    assert f"{model}: rows repeat its grain, currency, valid_from" in done.stdout
    assert found[0] == found[1] != []
