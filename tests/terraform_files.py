"""Terraform files for tests, in the shapes that Terraform writes: state of version 4, and `terraform show -json` of a state or a plan."""

import json
from pathlib import Path
from typing import Any

Values = dict[str, Any]
CANARY = "canary-7f3"  # in every value that must not leave the reader


def managed(
    kind: str, name: str, values: Values, *, module: str = "", key: int | str | None = None, sensitive: Values | None = None
) -> Values:
    """A resource, as both formats are made from it. `sensitive` is its mask in the shape of the values."""
    return {"type": kind, "name": name, "values": values, "module": module, "key": key, "sensitive": sensitive or {}, "mode": "managed"}


def looked_up(kind: str, name: str, values: Values) -> Values:
    """A data source."""
    return {**managed(kind, name, values), "mode": "data"}


def state(*resources: Values, serial: int = 7, lineage: str = "8a2f3c54-0000-4c1e-9d55-2f0a6f0f2b11", outputs: Values | None = None) -> str:
    """A state file."""
    listed = [
        {
            **({"module": r["module"]} if r["module"] else {}),
            "mode": r["mode"],
            "type": r["type"],
            "name": r["name"],
            "provider": f'provider["{r["type"].partition("_")[0]}"]',
            "instances": [
                {
                    **({} if r["key"] is None else {"index_key": r["key"]}),
                    "schema_version": 0,
                    "attributes": r["values"],
                    "sensitive_attributes": paths(r["sensitive"]),
                    "private": "eyJzY2hlbWFfdmVyc2lvbiI6IjAifQ==",
                }
            ],
        }
        for r in resources
    ]
    head = {"version": 4, "terraform_version": "1.9.8", "serial": serial, "lineage": lineage}
    return json.dumps({**head, "outputs": outputs or {}, "resources": listed, "check_results": None}, indent=2)


def paths(mask: Any, above: tuple[Values, ...] = ()) -> list[list[Values]]:
    """A mask as a state writes it: paths of steps."""
    if mask is True:
        return [list(above)]
    steps = mask.items() if isinstance(mask, dict) else enumerate(mask)
    found = []
    for key, inner in steps:
        number = {"type": "index", "value": {"value": key, "type": "number"}}
        found += paths(inner, (*above, {"type": "get_attr", "value": key} if isinstance(key, str) else number))
    return found


def address(resource: Values) -> str:
    """module.x.type.name["key"]"""
    name = ".".join(part for part in (resource["module"], resource["type"], resource["name"]) if part)
    return name if resource["key"] is None else f"{name}[{json.dumps(resource['key'])}]"


def module(resources: list[Values]) -> Values:
    """`root_module`, with a child for each module named."""
    inside = {r["module"] for r in resources if r["module"]}
    children = [{"address": one, "resources": [shown(r) for r in resources if r["module"] == one]} for one in sorted(inside)]
    return {"resources": [shown(r) for r in resources if not r["module"]], **({"child_modules": children} if children else {})}


def shown(resource: Values) -> Values:
    """A resource as `show -json` lists it."""
    return {
        "address": address(resource),
        "mode": resource["mode"],
        "type": resource["type"],
        "name": resource["name"],
        **({} if resource["key"] is None else {"index": resource["key"]}),
        "schema_version": 0,
        "values": resource["values"],
        "sensitive_values": resource["sensitive"],
    }


def shown_state(*resources: Values) -> str:
    """`terraform show -json` of a state."""
    return json.dumps(
        {"format_version": "1.0", "terraform_version": "1.9.8", "values": {"outputs": {}, "root_module": module(list(resources))}}
    )


def plan(
    *resources: Values, actions: Values | None = None, before: tuple[Values, ...] = (), code: Values | None = None, at: str = ""
) -> str:
    """`terraform show -json` of a plan. `actions` by address (no-op unless said); `code` is `configuration.root_module`."""
    said, after = actions or {}, {address(r): r for r in resources}
    changes = []
    for one in {**{address(r): r for r in before}, **after}.values():
        change = {"actions": said.get(address(one), ["no-op"]), "before": one["values"], "before_sensitive": one["sensitive"]}
        changes.append({"address": address(one), "mode": one["mode"], "type": one["type"], "name": one["name"], "change": change})
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.8",
            "variables": {"db_password": {"value": "canary-7f3-variable"}},
            "planned_values": {"root_module": module(list(resources))},
            "resource_changes": changes,
            "prior_state": {"format_version": "1.0", "values": {"root_module": module(list(before))}},
            "configuration": {"root_module": code or {}},
            "timestamp": at or "2026-09-29T10:00:00Z",
            "errored": False,
        }
    )


def node_group(name: str = "gpu", module: str = "", key: int | str | None = None, **values: Any) -> Values:
    """An EKS node group of two H100 machines in one subnet."""
    usual = {
        "arn": f"arn:aws:eks:eu-west-1:123456789012:nodegroup/prod/{name}/{module}{key}",
        "id": f"prod:{name}",
        "cluster_name": "prod",
        "node_group_name": name,
        "capacity_type": "ON_DEMAND",
        "instance_types": ["p5.48xlarge"],
        "ami_type": "AL2023_x86_64_NVIDIA",
        "release_version": "1.31.2-20260801",
        "labels": {"pool": name},
        "scaling_config": [{"desired_size": 2, "max_size": 4, "min_size": 2}],
        "subnet_ids": ["subnet-a"],
        "launch_template": [],
        "taint": [{"effect": "NO_SCHEDULE", "key": "nvidia.com/gpu", "value": "true"}],
    }
    return managed("aws_eks_node_group", name, {**usual, **values}, module=module, key=key)


def subnet(name: str, zone: str) -> Values:
    """A subnet of one zone."""
    return managed("aws_subnet", name, {"id": f"subnet-{name}", "availability_zone": zone})


def write(base: Path, folder: str = "terraform", **files: str) -> Path:
    """Files below base/folder; `_` before the suffix of a name is its dot."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        path = base / folder / f"{stem.replace('__', '/')}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return base


def leaky() -> list[Values]:
    """Resources full of secrets: in types that are not read, attributes that are not, values that are marked, and places known for them."""
    secret = {"password": f"{CANARY}-1", "user_data": f"{CANARY}-2", "tags": {"token": f"{CANARY}-3"}, "description": f"{CANARY}-4"}
    values = json.dumps({"auth": f"{CANARY}-5"})
    release = {
        "name": "gpu-operator",
        "chart": "gpu-operator",
        "repository": f"https://user:{CANARY}-6@charts.example",
        "repository_password": f"{CANARY}-7",
        "values": [values],
        "set": [{"name": "driver.version", "value": "550.90.07"}, {"name": "ngc.key", "value": f"{CANARY}-8"}],
        "set_sensitive": [{"name": "x", "value": f"{CANARY}-9"}],
        "metadata": [{"values": values}],
        "manifest": f"{CANARY}-10",
    }
    container = {
        "name": "c",
        "image": "registry.internal/m:1",
        "env": [
            {"name": "PLAIN", "value": f"{CANARY}-11"},
            {"name": "API_TOKEN", "value": f"{CANARY}-12"},
            {"name": "MODE", "value": "fast"},
        ],
        "resources": [{"limits": {"nvidia.com/gpu": "1"}, "requests": {}}],
    }
    mask = {"spec": [{"template": [{"spec": [{"container": [{"env": [{"value": True}]}]}]}]}]}
    template = {"metadata": [{"labels": {"app": "a"}, "annotations": {"note": f"{CANARY}-13"}}], "spec": [{"container": [container]}]}
    deployment = {
        "metadata": [{"name": "web", "namespace": "chat", "labels": {"app": "a"}, "annotations": {"note": f"{CANARY}-14"}, "uid": "u-1"}],
        "spec": [{"replicas": "2", "strategy": [{"type": "Recreate"}], "template": [template]}],
    }
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": f"{CANARY}-15"}}
    marked = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": f"{CANARY}-16", "b": "kept"}}
    return [
        managed("random_password", "db", {"result": f"{CANARY}-17", "id": "none"}),
        managed("tls_private_key", "k", {"private_key_pem": f"{CANARY}-18"}),
        managed("aws_db_instance", "db", secret),
        node_group(**secret, remote_access=[{"ec2_ssh_key": f"{CANARY}-19"}]),
        node_group("marked", node_group_name=f"{CANARY}-20") | {"sensitive": {"node_group_name": True}},
        managed("aws_launch_template", "t", {"id": "lt-1", "name": "t", "instance_type": "p5.48xlarge", **secret}),
        managed("helm_release", "gpu", release, sensitive={"repository_password": True, "set_sensitive": [{"value": True}]}),
        managed("kubernetes_deployment_v1", "web", deployment, sensitive=mask),
        managed("kubernetes_secret_v1", "s", {"metadata": [{"name": "s"}], "data": {"p": f"{CANARY}-21"}}),
        managed("kubernetes_config_map", "c", {"metadata": [{"name": "c"}], "data": {"p": f"{CANARY}-22"}}),
        managed("kubernetes_manifest", "s", {"manifest": manifest, "object": manifest}),
        managed("kubernetes_manifest", "m", {"manifest": marked, "object": marked}, sensitive={"manifest": {"data": {"a": True}}}),
    ]
