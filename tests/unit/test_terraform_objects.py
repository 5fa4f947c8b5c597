"""What leaves the reader of Terraform files: nothing secret, Kubernetes objects as YAML would have them, charts without their address."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.terraform_files import CANARY, leaky, managed, plan, shown_state, state, write
from tests.unit.terraform_reading import read, source_of


@pytest.mark.parametrize("write_as", [state, shown_state, plan])
def test_no_value_leaves_that_was_not_asked_for(tmp_path: Path, write_as: Any) -> None:
    resources = [r | {"values": {**r["values"], "note": f"{CANARY}-0"}} for r in leaky()]
    write(tmp_path, all_json=write_as(*resources))
    rows, quarantined, refused = read(tmp_path)
    probe = source_of(tmp_path).probe()
    everything = json.dumps([rows, quarantined, str(refused), str(probe)], default=str)
    everything += "".join(path.read_text() for path in (tmp_path / "index").rglob("*.json"))
    assert CANARY not in everything
    (container,) = rows["k8s_containers"]
    assert container["image"] == "registry.internal/m:1" and container["gpus"] == 1
    assert {(row["kind"], row["name"]) for row in rows["k8s_objects"]} == {("Deployment", "web"), ("Secret", "s"), ("ConfigMap", "m")}
    assert [(row["chart"], row["driver"]) for row in rows["chart_releases"]] == [("gpu-operator", "550.90.07")]
    assert '"b":"kept"' in next(row["document"] for row in rows["k8s_objects"] if row["kind"] == "ConfigMap")


def test_a_manifest_in_a_state_is_read_with_its_type_around_it(tmp_path: Path) -> None:
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": {"minAvailable": 1}}
    write(tmp_path, a_tfstate=state(managed("kubernetes_manifest", "b", {"manifest": {"value": budget, "type": ["object", {}]}})))
    (row,) = read(tmp_path)[0]["k8s_objects"]
    assert (row["kind"], row["name"], row["source_uri"]) == ("PodDisruptionBudget", "b", "terraform/a.tfstate:1[0]")


def test_typed_resources_are_the_objects_that_yaml_would_be(tmp_path: Path) -> None:
    container = {
        "name": "c",
        "image": "r/m:1",
        "image_pull_policy": "",
        "args": ["--x"],
        "port": [{"container_port": 80, "host_ip": ""}],
        "readiness_probe": [{"http_get": [{"path": "/", "port": "80"}]}],
        "volume_mount": [{"mount_path": "/d", "name": "d"}],
        "resources": [{"limits": {"nvidia.com/gpu": "2"}}],
    }
    term = {"match_expressions": [{"key": "k", "operator": "In", "values": ["v"]}]}
    affinity = {
        "node_affinity": [{"required_during_scheduling_ignored_during_execution": [{"node_selector_term": [term]}]}],
        "pod_anti_affinity": [{"required_during_scheduling_ignored_during_execution": [{"topology_key": "zone"}]}],
    }
    pod = {
        "container": [container],
        "node_selector": {"some_key": "v"},
        "affinity": [affinity],
        "toleration": [{"key": "t", "operator": "Exists", "value": ""}],
        "volume": [{"name": "d", "empty_dir": [{"medium": ""}]}],
        "host_ipc": False,
    }
    spec = {
        "replicas": "2",
        "selector": [{"match_labels": {"app": "a"}}],
        "template": [{"metadata": [{"labels": {"app": "a"}}], "spec": [pod]}],
    }
    write(tmp_path, a_tfstate=state(managed("kubernetes_deployment", "d", {"metadata": [{"name": "d", "namespace": "n"}], "spec": [spec]})))
    document = json.loads(read(tmp_path)[0]["k8s_objects"][0]["document"])
    assert document["spec"]["template"]["spec"] == {
        "containers": [
            {
                "name": "c",
                "image": "r/m:1",
                "args": ["--x"],
                "ports": [{"containerPort": 80}],
                "readinessProbe": {"httpGet": {"path": "/", "port": "80"}},
                "volumeMounts": [{"mountPath": "/d", "name": "d"}],
                "resources": {"limits": {"nvidia.com/gpu": "2"}},
            }
        ],
        "nodeSelector": {"some_key": "v"},
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}]
                }
            },
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]},
        },
        "tolerations": [{"key": "t", "operator": "Exists"}],
        "volumes": [{"name": "d", "emptyDir": {}}],
        "hostIPC": False,
    }
    (template,) = read(tmp_path)[0]["k8s_pod_templates"]
    assert (template["kind"], template["namespace"], template["replicas"], template["gpus"]) == ("Deployment", "n", 2, 2)


CHARTS = {
    "gpu-operator": "gpu-operator",
    "./charts/web/": "web",
    "oci://charts.internal/nvidia/gpu-operator@sha256:abc": "gpu-operator",
    f"https://user:{CANARY}@charts.internal/web-1.2.tgz?token={CANARY}": "web-1.2.tgz",
    f"https://user:{CANARY}@charts.internal": "(an address)",
}


@pytest.mark.parametrize("reference", CHARTS)
def test_a_chart_is_named_without_its_address(tmp_path: Path, reference: str) -> None:
    write(tmp_path, a_tfstate=state(managed("helm_release", "h", {"name": "h", "chart": reference})))
    (row,) = read(tmp_path)[0]["chart_releases"]
    assert row["chart"] == CHARTS[reference]
