"""Terraform files: what is recognised, what is refused by name, and which file of a workspace counts."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit_assets.source import input_digest
from tests.terraform_files import leaky, looked_up, managed, node_group, plan, shown_state, state, subnet, write
from tests.unit.manifest_reading import END
from tests.unit.terraform_reading import read, source_of

GPU = "aws_eks_node_group.gpu"


def pools(base: Path) -> dict[str, dict[str, Any]]:
    return {row["address"]: row for row in read(base)[0]["machine_pools"]}


@pytest.mark.parametrize("write_as", [state, shown_state, plan])
def test_each_format_gives_the_same_machines(tmp_path: Path, write_as: Any) -> None:
    resources = (node_group(module="module.gpu", key=0), node_group(module="module.gpu", key="b"), subnet("a", "eu-west-1a"))
    write(tmp_path, all_json=write_as(*resources))
    found = pools(tmp_path)
    assert set(found) == {"module.gpu.aws_eks_node_group.gpu[0]", 'module.gpu.aws_eks_node_group.gpu["b"]'}
    row = found["module.gpu.aws_eks_node_group.gpu[0]"]
    assert row["machine_types"] == ["p5.48xlarge"] and row["zones"] == ["eu-west-1a"] and row["capacity"] == "on_demand"
    assert (row["desired"], row["min_size"], row["max_size"]) == (2, 2, 4) and dict(row["labels"]) == {"pool": "gpu"}
    assert row["source_uri"] == "terraform/all.json" and row["superseded_by"] is None


def test_a_zone_of_one_unknown_subnet_leaves_the_zones_unknown(tmp_path: Path) -> None:
    known, unknown = subnet("a", "eu-west-1a"), ["subnet-a", "subnet-elsewhere"]
    write(tmp_path, a_tfstate=state(node_group(subnet_ids=unknown), node_group("cpu"), looked_up("aws_subnet", "x", known["values"])))
    found = pools(tmp_path)
    assert found[GPU]["zones"] == [] and found["aws_eks_node_group.cpu"]["zones"] == ["eu-west-1a"]


def test_data_sources_and_deposed_objects_are_not_declared(tmp_path: Path) -> None:
    text = json.loads(state(node_group(), looked_up("aws_instance", "old", {"instance_type": "p4d.24xlarge"})))
    text["resources"][0]["instances"].append({**text["resources"][0]["instances"][0], "deposed": "00000001"})
    write(tmp_path, a_tfstate=json.dumps(text))
    assert list(pools(tmp_path)) == [GPU]


def test_machines_of_each_provider_and_what_is_counted_by_zone(tmp_path: Path) -> None:
    gke = {
        "name": "h100",
        "location": "europe-west4",
        "node_locations": ["europe-west4-b", "europe-west4-c"],
        "node_count": 2,
        "autoscaling": [{"min_node_count": 1, "max_node_count": 3, "total_min_node_count": 0, "total_max_node_count": 0}],
        "node_config": [
            {
                "machine_type": "n1-standard-8",
                "spot": True,
                "guest_accelerator": [
                    {"type": "nvidia-tesla-t4", "count": 2, "gpu_driver_installation_config": [{"gpu_driver_version": "LATEST"}]}
                ],
                "reservation_affinity": [{"consume_reservation_type": "SPECIFIC_RESERVATION", "key": "k", "values": ["r-1"]}],
                "labels": {"team": "chat"},
            }
        ],
    }
    aks = {"name": "system", "vm_size": "Standard_ND96isr_H100_v5", "node_count": 3, "min_count": 1, "max_count": 3, "zones": ["1"]}
    reference = [{"publisher": "microsoft-dsvm", "offer": "ubuntu-hpc", "sku": "2204", "version": "latest"}]
    vmss = {"name": "v", "sku": "Standard_NC24ads_A100_v4", "instances": 5, "priority": "Spot", "source_image_reference": reference}
    mixed = {
        "instances_distribution": [{"on_demand_base_capacity": 0, "on_demand_percentage_above_base_capacity": 0}],
        "launch_template": [
            {"launch_template_specification": [{"launch_template_id": "lt-1"}], "override": [{"instance_type": "g5.xlarge"}]}
        ],
    }
    asg = {
        "name": "a",
        "desired_capacity": 1,
        "min_size": 0,
        "max_size": 9,
        "availability_zones": ["z1"],
        "mixed_instances_policy": [mixed],
    }
    write(
        tmp_path,
        all_tfstate=state(
            managed("google_container_node_pool", "p", gke),
            managed("azurerm_kubernetes_cluster", "k", {"name": "k", "default_node_pool": [aks], "kube_config": [{"password": "canary"}]}),
            managed("azurerm_linux_virtual_machine_scale_set", "v", vmss),
            managed("aws_autoscaling_group", "a", asg),
        ),
    )
    found = pools(tmp_path)
    google = found["google_container_node_pool.p"]
    assert (google["desired"], google["min_size"], google["max_size"]) == (4, 2, 6), "Google counts nodes by zone"
    assert (google["gpu_type"], google["gpus"], google["capacity"], google["driver"]) == ("nvidia-tesla-t4", 2, "spot", "LATEST")
    assert google["reservation"] == "r-1"
    azure = found["azurerm_kubernetes_cluster.k"]
    assert (azure["desired"], azure["max_size"], azure["zones"], azure["name"]) == (3, 3, ["1"], "system")
    scale_set = found["azurerm_linux_virtual_machine_scale_set.v"]
    assert (scale_set["image"], scale_set["capacity"]) == ("microsoft-dsvm:ubuntu-hpc:2204:latest", "spot")
    group = found["aws_autoscaling_group.a"]
    assert (group["capacity"], group["template"], group["machine_types"], group["zones"]) == ("spot", "lt-1", ["g5.xlarge"], ["z1"])


def test_a_plan_counts_before_the_state_it_was_made_from(tmp_path: Path) -> None:
    now, then = node_group(scaling_config=[{"desired_size": 6, "min_size": 2, "max_size": 6}]), node_group()
    write(tmp_path, prod_tfstate=state(then), plan_json=plan(now, before=(then,), actions={GPU: ["update"]}))
    rows = read(tmp_path)[0]["machine_pools"]
    by_origin = {row["origin"]: row for row in rows}
    assert by_origin["plan"]["superseded_by"] is None and by_origin["plan"]["desired"] == 6 and by_origin["plan"]["action"] == "update"
    assert by_origin["state"]["superseded_by"] == "terraform/plan.json" and by_origin["state"]["desired"] == 2
    assert (
        "superseded: terraform/prod.tfstate: terraform/plan.json is of the same workspace and counts" in source_of(tmp_path).probe().missing
    )


def test_the_newest_of_two_states_or_two_plans_counts(tmp_path: Path) -> None:
    write(tmp_path, a_tfstate=state(node_group(), serial=9), b_tfstate=state(node_group(), serial=12))
    write(tmp_path, "plans", a_json=plan(node_group(), at="2026-09-30T00:00:00Z"), b_json=plan(node_group(), at="2026-09-01T00:00:00Z"))
    superseded = {
        row["source_uri"]: row["superseded_by"] for folder in ("terraform", "plans") for row in read(tmp_path, folder)[0]["machine_pools"]
    }
    assert superseded == {
        "terraform/a.tfstate": "terraform/b.tfstate",
        "terraform/b.tfstate": None,
        "plans/a.json": None,
        "plans/b.json": "plans/a.json",
    }


def test_two_workspaces_of_the_same_code_are_both_declared(tmp_path: Path) -> None:
    other = node_group(arn="arn:aws:eks:eu-west-1:999999999999:nodegroup/prod/gpu/1")
    write(tmp_path, a_tfstate=state(node_group()), b_tfstate=state(other, lineage="another"))
    assert [row["superseded_by"] for row in read(tmp_path)[0]["machine_pools"]] == [None, None]


def test_what_a_plan_deletes_is_marked_and_what_it_replaces_too(tmp_path: Path) -> None:
    gone = node_group("old")
    actions = {"aws_eks_node_group.old": ["delete"], GPU: ["delete", "create"]}
    write(tmp_path, plan_json=plan(node_group(), before=(gone, node_group()), actions=actions))
    assert {name: row["action"] for name, row in pools(tmp_path).items()} == {"aws_eks_node_group.old": "delete", GPU: "replace"}


REFUSED = {
    "version 3": ('{"version": 3, "serial": 1, "lineage": "x", "modules": []}', "state of version 3"),
    "cut": (state(node_group())[:-200], "not valid JSON, cut off perhaps"),
    "encrypted": (
        '{"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "aa", "encryption_version": "v0"}',
        "encrypted OpenTofu state",
    ),
    "API": ('{"data": {"id": "sv-1", "type": "state-versions", "attributes": {}}}', "HCP Terraform API"),
    "redacted": ('{"plan_format_version": "1.2", "resource_changes": []}', "redacted plan"),
    "log": ('{"@level":"info","@message":"Terraform 1.9.8"}\n{"@level":"info"}\n', "log of `terraform plan -json`"),
    "old format": ('{"format_version": "0.1", "values": {}}', "of format 0.1"),
    "failed": ('{"format_version": "1.2", "planned_values": {}, "errored": true}', "ended in an error"),
    "text": ('resource "aws_instance" "x" {}', "not JSON"),
    "deep": ('{"version": 4, "lineage": "x", "resources": ' + "[" * 300 + "]" * 300 + "}", "nested deeper"),
    "binary": ("PK\x03\x04rest", "binary form"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_used_is_refused_by_name_and_the_rest_loads(tmp_path: Path, what: str) -> None:
    text, reason = REFUSED[what]
    write(tmp_path, good_tfstate=state(node_group()), bad_json=text)
    rows, _, refused = read(tmp_path)
    (one,) = refused
    assert one.uri.startswith("terraform/bad.json") and reason in one.reason and one.fix
    assert len(rows["machine_pools"]) == 1
    assert not source_of(tmp_path).probe().missing


def test_code_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    write(tmp_path, main_tf='resource "aws_instance" "x" {}', policy_json='{"Statement": []}')
    for uri in ("terraform", "terraform/main.tf"):
        (one,) = read(tmp_path, uri)[2]
        assert "Terraform code" in one.reason and "terraform show -json" in one.fix
    write(tmp_path, prod_tfstate=state(node_group()))
    probe = source_of(tmp_path).probe()
    assert probe.rejected == () and set(probe.missing) == {
        "ignored: terraform/main.tf",
        "ignored: terraform/policy.json: neither a Terraform state nor a plan",
    }


def test_a_place_without_terraform_delivers_nothing(tmp_path: Path) -> None:
    write(tmp_path, policy_json='{"Statement": []}')
    rows, _, (refused,) = read(tmp_path)
    assert rows == {} and "neither a Terraform state nor a plan" in refused.reason


def test_a_resource_that_says_too_little_is_quarantined_and_other_types_are_counted(tmp_path: Path) -> None:
    later = managed("aws_instance", "later", {"ami": "ami-1"})
    listed = (node_group(), node_group("bad", scaling_config=[]), managed("aws_vpc", "v", {"id": "vpc-1"}))
    write(tmp_path, a_tfstate=state(*listed), b_json=plan(later, actions={"aws_instance.later": ["create"]}))
    rows, quarantined, refused = read(tmp_path)
    assert refused == () and [row["address"] for row in rows["machine_pools"]] == [GPU]
    assert [(row["uri"], row["position"], row["column"], row["reason"], row["raw"]) for row in quarantined] == [
        ("terraform/a.tfstate", 2, "scaling_config", "no scaling_config", "aws_eks_node_group.bad"),
        ("terraform/b.json", 1, "instance_type", "no instance_type: it is known only after apply", "aws_instance.later"),
    ]
    assert source_of(tmp_path).probe().detail == "2 files, 3 resources read, 1 of types that nothing is asked of"


@pytest.mark.parametrize("wrong", [None, 7, "text", [], [None], ["x"], [[]], [{"desired_size": {}}], {"a": 1}])
def test_a_value_of_another_shape_stops_nothing(tmp_path: Path, wrong: Any) -> None:
    keys = (
        "scaling_config",
        "instance_types",
        "labels",
        "launch_template",
        "subnet_ids",
        "node_group_name",
        "capacity_type",
        "arn",
        "metadata",
    )
    odd = [node_group(f"odd{number}", **{key: wrong}) for number, key in enumerate(keys)]
    helm = managed("helm_release", "h", {"name": wrong, "chart": "c", "set": wrong})
    typed = managed("kubernetes_deployment", "d", {"metadata": wrong, "spec": wrong})
    for write_as in (state, plan):
        write(tmp_path, a_json=write_as(node_group(), *odd, helm, typed, managed("kubernetes_manifest", "m", {"manifest": wrong})))
        rows, quarantined, refused = read(tmp_path)
        assert refused == () and len(rows["machine_pools"]) + len(quarantined) >= len(odd)


def test_only_a_plan_knows_what_the_code_fixes(tmp_path: Path) -> None:
    charts = [
        managed("helm_release", name, {"name": name, "chart": "c", "version": "1.2.3"}, module="module.m", key=0)
        for name in ("a", "b", "d")
    ]
    expressions: dict[str, Any] = {"a": {"constant_value": "~> 1.2"}, "b": {"references": ["var.v"]}, "d": None}
    resources = [
        {"address": f"helm_release.{name}", "expressions": {"version": said} if said else {"name": {"constant_value": name}}}
        for name, said in expressions.items()
    ]
    code = {"module_calls": {"m": {"module": {"resources": resources}}}}
    write(tmp_path, plan_json=plan(*charts, code=code))
    found = {row["name"]: (row["version"], row["version_written"]) for row in read(tmp_path)[0]["chart_releases"]}
    assert found == {"a": ("~> 1.2", "literal"), "b": ("1.2.3", "computed"), "d": ("1.2.3", "absent")}
    write(tmp_path, "alone", a_tfstate=state(*charts))
    assert {row["version_written"] for row in read(tmp_path, "alone")[0]["chart_releases"]} == {None}


ODD: list[Any] = [None, True, -1, 1e30, "1e400", "", "x", [], {}, [None], [[]], {"a": 1}, [{"a": []}], {"value": 1, "type": 2}]


@pytest.mark.parametrize("write_as", [state, shown_state, plan])
def test_no_change_of_shape_ends_in_a_traceback(tmp_path: Path, write_as: Any) -> None:
    """Values at random places are replaced: what comes out is rows, quarantined rows or a refused file."""
    dice = random.Random(7)
    whole = write_as(*leaky(), subnet("a", "z"))
    for _ in range(120):
        changed = json.loads(whole)
        for _ in range(dice.randint(1, 5)):
            holder, key = dice.choice(list(places(changed)))
            holder[key] = json.loads(json.dumps(dice.choice(ODD)))
        write(tmp_path, a_json=json.dumps(changed))
        source_of(tmp_path).probe()
        read(tmp_path)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """(mapping or list, key) of every value inside."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield node, key
        yield from places(value)


def test_the_digest_follows_content_and_nothing_else(tmp_path: Path) -> None:
    def digest() -> str:
        source = source_of(tmp_path)
        return input_digest(source, source.inputs([END])[END])

    write(tmp_path, a_tfstate=state(node_group()))
    first = digest()
    write(tmp_path, a_tfstate=state(node_group()), policy_json="{}")
    assert digest() == first, "other JSON has no say"
    write(tmp_path, a_tfstate=state(node_group(), serial=8))
    assert digest() != first
