"""Pod templates of many kinds, and what their containers say."""
# ruff: noqa: E501

from pathlib import Path
from typing import Any

import pytest

from audit_assets.manifests.containers import command_line, gpu_requests, image_parts, pod_gpus, quantity
from audit_assets.manifests.pod_templates import single_values
from tests.unit.manifest_reading import POD, deployment, read, write

SPEC = "{containers: [{name: c, image: 'x:1', resources: {limits: {nvidia.com/gpu: 2}}}]}"
KINDS = [
    ("apps/v1", "Deployment", f"{{template: {POD}}}", [("", 1, 1)]),
    ("apps/v1", "StatefulSet", f"{{replicas: 3, template: {POD}}}", [("", 3, 1)]),
    ("apps/v1", "Deployment", f"{{replicas: 0, template: {POD}}}", [("", 0, 1)]),
    ("apps/v1", "Deployment", f"{{replicas: '${{N}}', template: {POD}}}", [("", None, 1)]),
    ("apps/v1", "Deployment", f"{{replicas: 1e400, template: {POD}}}", [("", None, 1)]),
    ("apps/v1", "DaemonSet", f"{{template: {POD}}}", [("", None, 1)]),
    ("batch/v1", "Job", f"{{parallelism: 4, template: {POD}}}", [("", None, 1)]),
    ("batch/v1", "CronJob", f"{{jobTemplate: {{spec: {{template: {POD}}}}}}}", [("", None, 1)]),
    ("v1", "Pod", SPEC, [("", None, 1)]),
    ("ray.io/v1", "RayCluster", f"{{headGroupSpec: {{template: {POD}}}, workerGroupSpecs: [{{groupName: g, replicas: 2, minReplicas: 0, numOfHosts: 4, template: {POD}}}]}}",
     [("head", 1, 1), ("worker:g", 2, 4)]),
    ("ray.io/v1", "RayService", f"{{rayClusterConfig: {{enableInTreeAutoscaling: true, headGroupSpec: {{template: {POD}}}, workerGroupSpecs: [{{groupName: g, replicas: 2, minReplicas: 1, template: {POD}}}]}}}}",
     [("head", 1, 1), ("worker:g", 1, 1)]),
    ("ray.io/v1", "RayJob", f"{{rayClusterSpec: {{headGroupSpec: {{template: {POD}}}}}}}", [("head", 1, 1)]),
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", f"{{replicas: 2, leaderWorkerTemplate: {{size: 4, leaderTemplate: {POD}, workerTemplate: {POD}}}}}",
     [("leader", 2, 1), ("worker", 2, 3)]),
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", f"{{leaderWorkerTemplate: {{size: 4, workerTemplate: {POD}}}}}", [("worker", 1, 4)]),
    ("jobset.x-k8s.io/v1alpha2", "JobSet", f"{{replicatedJobs: [{{name: w, replicas: 3, template: {{spec: {{template: {POD}}}}}}}]}}", [("w", 3, 1)]),
    ("kubeflow.org/v1", "PyTorchJob", f"{{pytorchReplicaSpecs: {{Master: {{template: {POD}}}, Worker: {{replicas: 7, template: {POD}}}}}}}",
     [("master", 1, 1), ("worker", 7, 1)]),
    ("kubeflow.org/v2beta1", "MPIJob", f"{{mpiReplicaSpecs: {{Launcher: {{template: {POD}}}}}}}", [("launcher", 1, 1)]),
    ("batch.volcano.sh/v1alpha1", "Job", f"{{tasks: [{{name: ps, replicas: 2, template: {POD}}}]}}", [("ps", 2, 1)]),
    ("serving.kserve.io/v1beta1", "InferenceService", "{predictor: {minReplicas: 2, model: {modelFormat: {name: hf}, resources: {limits: {nvidia.com/gpu: 1}}}}}",
     [("predictor", 2, 1)]),
    ("serving.kserve.io/v1beta1", "InferenceService", f"{{predictor: {{tensorflow: {{storageUri: 'gs://m'}}}}, transformer: {SPEC}}}",
     [("predictor", 1, 1), ("transformer", 1, 1)]),
    ("serving.kserve.io/v1alpha1", "LLMInferenceService", f"{{replicas: 3, template: {SPEC}, prefill: {{replicas: 2, template: {SPEC}}}}}",
     [("workload", 3, 1), ("prefill", 2, 1)]),
    ("serving.kserve.io/v1alpha1", "ServingRuntime", SPEC, []),
    ("serving.knative.dev/v1", "Service", f"{{template: {{metadata: {{annotations: {{autoscaling.knative.dev/min-scale: '2'}}}}, spec: {SPEC}}}}}", [("", 2, 1)]),
    ("v1", "Service", "{selector: {app: a}}", []),
    ("example.com/v1", "Anything", f"{{server: {{replicas: 5, podTemplate: {{spec: {SPEC}}}}}}}", [("server.podTemplate", 5, 1)]),
    ("kyverno.io/v1", "ClusterPolicy", f"{{rules: [{{validate: {{pattern: {{spec: {SPEC}}}}}}}]}}", []),
    ("production-stack.vllm.ai/v1alpha1", "VLLMRuntime", "{deploymentConfig: {replicas: 2, resources: {gpu: 1}, image: {registry: docker.io, name: 'l/v:1'}}}", [("", 2, 1)]),
    ("apps.nvidia.com/v1alpha1", "NIMService", "{replicas: 1, image: {repository: nvcr.io/nim/x, tag: '1.0'}, resources: {limits: {nvidia.com/gpu: 1}}}", [("", 1, 1)]),
    ("argoproj.io/v1alpha1", "Workflow", "{templates: [{name: train, container: {image: 't:1'}}]}", [("train", None, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "expected"), KINDS, ids=[f"{kind}-{number}" for number, (_, kind, _, _) in enumerate(KINDS)]
)
def test_templates_are_found_where_the_kind_keeps_them(tmp_path: Path, api_version: str, kind: str, spec: str, expected: list[Any]) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: n}}\nspec: {spec}\n"
    rows, _, _ = read(write(tmp_path, a=text))
    found = [(row["role"], row["replicas"], row["pods_per_replica"]) for row in rows["k8s_pod_templates"]]
    assert found == expected
    assert {row["role"] for row in rows["k8s_containers"]} == {role for role, _, _ in expected}


def test_a_kustomize_patch_is_no_workload(tmp_path: Path) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c, resources: {}}]}}}"
    rows, _, _ = read(write(tmp_path, a=patch))
    assert len(rows["k8s_objects"]) == 1 and rows["k8s_pod_templates"] == []


@pytest.mark.parametrize("named", ["patches: [{path: ../overlay/patch.yaml}]", "patchesStrategicMerge: [patch.yaml]"])
def test_a_file_that_a_kustomization_lays_over_another_is_no_workload(tmp_path: Path, named: str) -> None:
    files = {"base__app": deployment(), "overlay__patch": deployment(spec="  replicas: 5"), "overlay__kustomization": named}
    rows, _, refused = read(write(tmp_path, **files))
    assert [(row["replicas"], row["source_uri"]) for row in rows["k8s_pod_templates"]] == [(1, "manifests/base/app.yaml:1")]
    assert {row["source_uri"] for row in rows["k8s_containers"]} == {"manifests/base/app.yaml:1"}
    assert len(rows["k8s_objects"]) == 2 and not refused


def test_labels_that_controllers_add_are_on_the_pods(tmp_path: Path) -> None:
    text = f"apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata: {{name: n}}\nspec: {{leaderWorkerTemplate: {{size: 1, workerTemplate: {POD}}}}}"
    rows, _, _ = read(write(tmp_path, a=text))
    assert dict(rows["k8s_pod_templates"][0]["pod_labels"]) == {"leaderworkerset.sigs.k8s.io/name": "n", "app": "a"}


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ("docker.io", "nginx", None, None)),
        ("vllm/vllm-openai:v0.8", ("docker.io", "vllm/vllm-openai", "v0.8", None)),
        ("nvcr.io/nim/x:latest", ("nvcr.io", "nim/x", "latest", None)),
        ("localhost/a", ("localhost", "a", None, None)),
        ("reg:5000/a/b@sha256:ab", ("reg:5000", "a/b", None, "sha256:ab")),
        ("reg.x/a:1@sha256:ab", ("reg.x", "a", "1", "sha256:ab")),
    ],
)
def test_image_references(reference: str, parts: tuple[str | None, ...]) -> None:
    found = image_parts(reference)
    assert (found.registry, found.repository, found.tag, found.digest) == parts


@pytest.mark.parametrize(
    ("text", "number"),
    [("500m", 0.5), ("16Gi", 16 * 2**30), (2, 2), ("1e3", 1000), ("1.5", 1.5), ("100M", 1e8), (None, None), ("${CPU}", None), (True, None)],
)
def test_quantities(text: Any, number: float | None) -> None:
    assert quantity(text) == number


def test_gpus_of_every_vendor_and_of_init_containers() -> None:
    def asking(**limits: int) -> dict[str, Any]:
        return {"resources": {"limits": {name.replace("__", "/").replace("_", "."): count for name, count in limits.items()}}}

    assert gpu_requests(asking(nvidia_com__gpu=2, cpu=8)) == {"nvidia.com/gpu": 2}
    assert gpu_requests({"resources": {"limits": {"nvidia.com/mig-1g.10gb": 3, "google.com/tpu": 4, "rdma/hca": 1}}}) == {
        "nvidia.com/mig-1g.10gb": 3,
        "google.com/tpu": 4,
    }
    spec = {"containers": [asking(nvidia_com__gpu=1), asking(amd_com__gpu=1)], "initContainers": [asking(nvidia_com__gpu=4)]}
    assert pod_gpus(spec) == 4


def test_a_number_that_cannot_be_read_is_a_gpu_all_the_same() -> None:
    asking = {"resources": {"limits": {"nvidia.com/gpu": "${GPUS}"}}}
    assert gpu_requests(asking) == {"nvidia.com/gpu": None}
    assert pod_gpus({"containers": [asking, {}]}) is None
    assert pod_gpus({"containers": [{}]}) == 0


def test_shell_lines_become_words_and_variables_are_filled_in() -> None:
    container = {"command": ["/bin/bash", "-c"], "args": ["vllm serve m \\\n  --tensor-parallel-size $(TP) # two\n"]}
    assert command_line(container, {"TP": "2"}) == (["/bin/bash", "-c"], ["vllm", "serve", "m", "--tensor-parallel-size", "2"])
    assert command_line({"command": ["sh", "-c", "a 'b c' $X"]}, {}) == (["sh", "-c"], ["a", "b c", "$X"])
    assert command_line({"args": ["--model", "it's"]}, {}) == ([], ["--model", "it's"])


def test_only_what_every_alternative_names_is_a_single_value() -> None:
    def term(**labels: list[str]) -> dict[str, Any]:
        return {"matchExpressions": [{"key": key, "operator": "In", "values": values} for key, values in labels.items()]}

    assert single_values([term(gpu=["a100"], zone=["a", "b"])]) == {"gpu": "a100"}
    assert single_values([term(gpu=["a100"]), term(gpu=["h100"])]) == {}
    assert single_values([term(gpu=["a100"], zone=["a"]), term(gpu=["a100"])]) == {"gpu": "a100"}
    assert single_values([]) == {}
