"""What Terraform declares, beside a bill and manifests: from its files through the lake and the project's own SQL to the two marts."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from audit_assets.audit import load_audit
from audit_assets.billing.factory import billing_source
from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.declared.declare import declared_partitions
from audit_assets.lake import Lake
from audit_assets.manifests.factory import manifest_source
from audit_assets.warehouse.mount import mount
from tests import terraform_files as tf
from tests.compiled_models import DATABASE, CompiledModels
from tests.unit.bill_reading import csv_text, focus_row

END = date(2026, 9, 30)
GOALS = ("fct_spofs", "fct_config_findings")
Found = set[tuple[str, str]]
Build = Callable[[dict[str, str], list[str]], Found]
A_DAY = {
    "ChargePeriodStart": "2026-09-30T00:00:00Z",
    "ChargePeriodEnd": "2026-10-01T00:00:00Z",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), GOALS)


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("claims"), ("int_claims__reliability",))


@pytest.fixture
def found(models: CompiledModels, tmp_path: Path) -> Build:
    """(kind, object) of both marts, for Terraform files by name and the machine types on the bill."""

    def build(files: dict[str, str], billed: list[str]) -> Found:
        tf.write(tmp_path, **files)
        charges = [_charge(machine) for machine in billed]
        (tmp_path / "bill.csv").write_text(csv_text(charges))
        audit = {
            "version": 1,
            "audit": {"name": "terraform", "window": {"days": 1, "end": END}},
            "sources": {
                "billing": [{"name": "aws", "kind": "focus", "uri": "bill.csv"}],
                "manifests": [{"name": "infra", "kind": "terraform", "uri": "terraform", "cluster": "c"}],
            },
        }
        (tmp_path / "audit.yaml").write_text(yaml.safe_dump(audit))
        with _built(tmp_path, models) as connection:
            query = "select kind, object from fct_spofs union all select kind, object from fct_config_findings"
            return {(kind, object_) for kind, object_ in connection.execute(query).fetchall()}

    return build


def _charge(machine: str) -> dict[str, Any]:
    return focus_row(ResourceId=f"i-{machine}", ChargeDescription=f"$9 per On Demand Linux {machine} Instance Hour", **A_DAY)


def _built(folder: Path, models: CompiledModels) -> duckdb.DuckDBPyConnection:
    audit, lake = load_audit(folder / "audit.yaml"), Lake(folder / "lake")
    sources = (
        manifest_source(audit.sources.manifests[0], folder, folder / "index", END),
        billing_source(audit.sources.billing[0], folder, folder / "bills"),
    )
    for source in sources:
        for chunk in chunked(plan(source, lake, [END])):
            extract_chunk(chunk, lake, folder)
    for partition in declared_partitions(audit):
        lake.commit("declared", partition, "declared", datetime.now(tz=UTC))
    connection = duckdb.connect()
    connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
    mount(connection, lake, audit)
    models.build(connection)
    return connection


def fixed(number: int) -> list[dict[str, int]]:
    return [{"desired_size": number, "min_size": number, "max_size": number}]


ZONES = (tf.subnet("a", "eu-west-1a"), tf.subnet("b", "eu-west-1b"))
POOL = "MachinePool/aws_eks_node_group."


def test_a_pool_in_one_zone_at_its_ceiling_that_nobody_bills(found: Build) -> None:
    group = tf.node_group(scaling_config=fixed(4))
    assert found({"a_tfstate": tf.state(group, *ZONES)}, ["p4d.24xlarge", "m7i.large"]) == {
        ("single_zone", f"{POOL}gpu"),
        ("pool_at_ceiling", f"{POOL}gpu"),
        ("declared_not_billed", f"{POOL}gpu"),
        ("billed_not_declared", "BilledMachine/p4d.24xlarge"),
    }


def test_a_second_zone_room_and_a_bill_that_agrees_leave_nothing_to_find(found: Build) -> None:
    groups = (tf.node_group("one"), tf.node_group("two", subnet_ids=["subnet-b"]))
    assert found({"a_tfstate": tf.state(*groups, *ZONES)}, ["p5.48xlarge", "m7i.large"]) == set()


def test_a_machine_without_gpus_is_no_matter(found: Build) -> None:
    group = tf.node_group(instance_types=["m7i.large"], scaling_config=fixed(4))
    assert found({"a_tfstate": tf.state(group, *ZONES)}, ["p4d.24xlarge"]) == set()


def test_the_plan_is_what_is_declared_and_what_it_makes_is_not_yet_on_the_bill(found: Build) -> None:
    old, gone, new = tf.node_group(scaling_config=fixed(2)), tf.node_group("gone"), tf.node_group("new", instance_types=["p4d.24xlarge"])
    now = tf.node_group(subnet_ids=["subnet-a", "subnet-b"])
    actions = {"aws_eks_node_group.gpu": ["update"], "aws_eks_node_group.gone": ["delete"], "aws_eks_node_group.new": ["create"]}
    changed = tf.plan(now, new, *ZONES, before=(old, gone, *ZONES), actions=actions)
    assert found({"a_tfstate": tf.state(old, gone, *ZONES), "plan_json": changed}, ["p5.48xlarge"]) == {
        ("pool_removal_planned", f"{POOL}gone"),
        ("single_zone", f"{POOL}new"),
    }


def test_objects_of_terraform_are_judged_like_those_of_files(found: Build) -> None:
    container = {"name": "c", "image": "registry.internal/m:latest", "resources": [{"limits": {"nvidia.com/gpu": "1", "memory": "1Gi"}}]}
    pod = {"container": [container], "node_selector": {"pool": "spot"}}
    template = {"metadata": [{"labels": {"app": "a"}}], "spec": [pod]}
    spec = {"replicas": "2", "selector": [{"match_labels": {"app": "a"}}], "template": [template]}
    serving = tf.managed("kubernetes_deployment_v1", "web", {"metadata": [{"name": "web", "namespace": "chat"}], "spec": [spec]})
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "chat"}}
    selected = {**budget, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}}
    manifest = tf.managed("kubernetes_manifest", "b", {"manifest": {"value": selected, "type": "dynamic"}})
    group = tf.node_group("spot", capacity_type="SPOT", subnet_ids=["subnet-a", "subnet-b"])
    assert found({"a_tfstate": tf.state(serving, manifest, group, *ZONES)}, ["p5.48xlarge"]) == {
        ("mutable_tag", "Deployment/web"),
        ("no_spread", "Deployment/web"),
        ("missing_probe", "Deployment/web"),
        ("missing_limits", "Deployment/web"),
        ("spot_only_serving", "Deployment/web"),
    }


def test_the_code_of_a_plan_tells_what_is_pinned_and_what_moves(found: Build) -> None:
    release = {"name": "op", "chart": "gpu-operator", "version": "v24.9.1", "set": [{"name": "driver.version", "value": "550.90.07"}]}
    template = {"id": "lt-1", "name": "t", "image_id": "ami-0123456789abcdef0", "instance_type": "p5.48xlarge"}
    group = tf.managed(
        "aws_autoscaling_group", "g", {"name": "g", "max_size": 4, "desired_capacity": 2, "launch_template": [{"id": "lt-1"}]}
    )
    moving = {"name": "v", "sku": "Standard_ND96asr_v4", "source_image_reference": [{"offer": "hpc", "version": "latest"}]}
    declared = (
        tf.managed("helm_release", "op", release),
        tf.managed("aws_launch_template", "t", template),
        group,
        tf.managed("azurerm_linux_virtual_machine_scale_set", "v", moving),
    )
    code = {
        "resources": [
            {"address": "helm_release.op", "expressions": {"chart": {"constant_value": "gpu-operator"}}},
            {"address": "aws_launch_template.t", "expressions": {"image_id": {"constant_value": "ami-0123456789abcdef0"}}},
        ]
    }
    assert found({"plan_json": tf.plan(*declared, code=code)}, ["p5.48xlarge"]) == {
        ("mutable_tag", "HelmRelease/helm_release.op"),
        ("unexplained_pin", "HelmRelease/helm_release.op"),
        ("unexplained_pin", "MachinePool/aws_launch_template.t"),
        ("mutable_tag", "MachinePool/azurerm_linux_virtual_machine_scale_set.v"),
    }


MARTS = """
create table fct_incidents (sources varchar[]);
create table meta_sources (table_name varchar, rows_loaded bigint);
create table fct_failure_modes as select null::varchar as mode, unnest([]::int[]) as incidents, 0 as near_misses, 0 as per_30_days,
    0 as detection_p50_minutes, 0 as acknowledgement_p50_minutes, 0 as mitigation_p50_minutes, 0 as resolution_p50_minutes;
create table dim_guardrails (guardrail varchar, state varchar);
create table int_machines__declared as select 'MachinePool/a' as object;
create table fct_spofs as from (values
    ('pool', 'MachinePool/a', 'a.tfstate', 'x'), ('web', 'Deployment/web', 'f:1', 'x'), ('pin', 'Pin/driver', 'audit.yaml', 'x')
) as t (spof_id, object, source_uri, evidence);
create table fct_config_findings as from (values
    ('pool_at_ceiling', 'MachinePool/a', 'a.tfstate'), ('declared_not_billed', 'MachinePool/a', 'a.tfstate'),
    ('mutable_tag', 'HelmRelease/a', 'a.tfstate'), ('mutable_tag', 'Deployment/a', 'f:1'),
    ('billed_not_declared', 'BilledMachine/a', null), ('declared_not_running', 'MachinePool/a', 'a.tfstate'),
    ('kv_cache_cliff', 'Pod/a', null)
) as t (kind, object, source_uri);
"""


def test_what_terraform_tells_needs_no_kubernetes_objects(claims: CompiledModels) -> None:
    """A finding about machines stands by itself, one that compares them with a bill needs it; all kinds together need the manifests."""
    sql = {name: text for name, _, text in claims.models}["int_claims__reliability"]
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}; create table meta_audit (window_start date, window_end date)")
        connection.execute(MARTS)
        needs = dict(connection.execute(f"select claim_id, needs from ({sql}) where claim_id not like 'rel.mode.%'").fetchall())
    assert needs == {
        "rel.incidents.total": ["incidents"],
        "rel.spof.pool": [],
        "rel.spof.web": ["manifests"],
        "rel.spof.pin": [],
        "rel.finding.pool_at_ceiling": [],
        "rel.finding.mutable_tag": ["manifests"],
        "rel.finding.declared_not_billed": ["billing"],
        "rel.finding.billed_not_declared": ["billing"],
        "rel.finding.declared_not_running": ["metrics"],
        "rel.finding.kv_cache_cliff": ["metrics"],
        "rel.spof.total": ["manifests"],
        "rel.finding.total": ["manifests", "metrics", "placement", "billing"],
    }


def test_another_run_over_the_same_files_has_nothing_to_do(tmp_path: Path) -> None:
    tf.write(tmp_path, a_tfstate=tf.state(tf.node_group()))
    spec = {"name": "infra", "kind": "terraform", "uri": "terraform", "cluster": "c"}
    audit = {"version": 1, "audit": {"name": "t", "window": {"days": 1, "end": END}}, "sources": {"manifests": [spec]}}
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(audit))
    declared, lake = load_audit(tmp_path / "audit.yaml"), Lake(tmp_path / "lake")
    source = manifest_source(declared.sources.manifests[0], tmp_path, tmp_path / "index", END)
    for chunk in chunked(plan(source, lake, [END])):
        extract_chunk(chunk, lake, tmp_path)
    assert plan(source, lake, [END]).todo == ()
    assert {table.name for table in source.tables} == {path.name for path in (tmp_path / "lake" / "infra").iterdir() if path.is_dir()}
    state = json.loads((tmp_path / "terraform" / "a.tfstate").read_text())
    (tmp_path / "terraform" / "a.tfstate").write_text(json.dumps({**state, "serial": 99}))
    assert plan(manifest_source(declared.sources.manifests[0], tmp_path, tmp_path / "index", END), lake, [END]).todo == (END,)
