"""What the SPOF and configuration rules say about objects of many kinds, through the project's own SQL.

Every case is a namespace of its own. What cures a weakness is written where people write it: in another object, in a controller's field.
"""
# ruff: noqa: E501

from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from audit_assets.audit import load_audit
from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.declared.declare import declared_partitions
from audit_assets.lake import Lake
from audit_assets.manifests.factory import manifest_source
from audit_assets.warehouse.mount import mount
from tests.compiled_models import DATABASE, CompiledModels

END = date(2026, 9, 30)
CHECKED = "readinessProbe: {tcpSocket: {port: 1}}, livenessProbe: {tcpSocket: {port: 1}}"
SIZED = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi, nvidia.com/gpu: 1}}"
SPEC = f"{{containers: [{{name: c, image: 'registry.internal/m:1', {SIZED}, {CHECKED}}}]}}"
POD = f"{{metadata: {{labels: {{app: a}}}}, spec: {SPEC}}}"
CPU_SCALING = "[{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]"
NIM_SIZE = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi, nvidia.com/gpu: 1}}"


def made(api: str, kind: str, spec: str, name: str = "x", metadata: str = "") -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, {metadata}}}\nspec: {spec}\n"


def deployment(spec: str = "", name: str = "x", metadata: str = "") -> str:
    return made(
        "apps/v1", "Deployment", f"{{{spec or 'replicas: 2'}, selector: {{matchLabels: {{app: a}}}}, template: {POD}}}", name, metadata
    )


BUDGET = made("policy/v1", "PodDisruptionBudget", "{minAvailable: 1, selector: {matchLabels: {app: a}}}")
OLD_EMPTY_BUDGET = made("policy/v1beta1", "PodDisruptionBudget", "{minAvailable: 1, selector: {}}")
EMPTY_BUDGET = made("policy/v1", "PodDisruptionBudget", "{minAvailable: 1, selector: {}}")
OWNED_BY_X = "ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: x, controller: true}]"
RAY = f"headGroupSpec: {{template: {POD}}}, workerGroupSpecs: [{{groupName: g, replicas: 2, template: {POD}}}]"
DYNAMO = "{services: {%s}}"


def service_of_dynamo(name: str, replicas: int, gpus: int, tensor: int, nodes: int = 1) -> str:
    limits = f"{{cpu: 1, memory: 1Gi, gpu: '{gpus}'}}"
    container = f"{{image: 'registry.internal/d:1', args: [--tensor-parallel-size, '{tensor}']}}"
    return f"{name}: {{replicas: {replicas}, multinode: {{nodeCount: {nodes}}}, resources: {{requests: {limits}, limits: {limits}}}, extraPodSpec: {{mainContainer: {container}}}}}"


CASES: dict[str, tuple[list[str], set[str]]] = {
    "cured": ([deployment("replicas: 1"), BUDGET, made("keda.sh/v1alpha1", "ScaledObject", "{scaleTargetRef: {name: x}, minReplicaCount: 2, triggers: [{type: prometheus}]}")],
              {"no_spread Deployment/x"}),
    "budget-of-all": ([deployment("replicas: 2"), EMPTY_BUDGET], {"no_spread Deployment/x"}),
    "budget-of-none": ([deployment("replicas: 2"), OLD_EMPTY_BUDGET], {"no_spread Deployment/x", "no_pdb Deployment/x"}),
    "live-dump": ([deployment("replicas: 2"), BUDGET, made("apps/v1", "ReplicaSet", f"{{replicas: 1, template: {POD}}}", "x-1", OWNED_BY_X),
                   made("v1", "Pod", SPEC, "x-1-a", "ownerReferences: [{kind: ReplicaSet, name: x-1, controller: true}]")], {"no_spread Deployment/x"}),
    "made-by-an-operator": ([deployment("replicas: 1", metadata="ownerReferences: [{kind: ModelServer, name: m, controller: true}]"), BUDGET], {"single_replica Deployment/x"}),
    "rollout-by-reference": ([deployment("replicas: 0"), BUDGET, made("argoproj.io/v1alpha1", "Rollout", "{replicas: 1, workloadRef: {kind: Deployment, name: x}}", "r")],
                             {"single_replica Deployment/x"}),
    "beside": ([deployment("replicas: 2, strategy: {type: RollingUpdate}"), BUDGET,
                made("apps/v1", "Deployment", f"{{replicas: 1, template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: web, image: 'registry.internal/web:1', resources: {{requests: {{cpu: 1, memory: 1Gi}}, limits: {{memory: 1Gi}}}}, {CHECKED}}}]}}}}}}", "gateway")],
               {"no_spread Deployment/x", "single_replica Deployment/gateway"}),
    "moving-tag": ([made("serving.kserve.io/v1beta1", "InferenceService", f"{{predictor: {{minReplicas: 2, containers: [{{name: k, image: 'registry.internal/k:latest-gpu', {SIZED}}}]}}}}")],
                   {"mutable_tag InferenceService/x"}),
    "kserve-on-cpu": ([made("serving.kserve.io/v1beta1", "InferenceService", f"{{predictor: {{minReplicas: 1, scaleMetric: cpu, model: {{modelFormat: {{name: hf}}, {SIZED}}}}}}}")],
                      {"single_replica InferenceService/x", "hpa_cpu_only InferenceService/x", "hpa_min_replicas_1 InferenceService/x"}),
    "kserve-on-queue": ([made("serving.kserve.io/v1beta1", "InferenceService", f"{{predictor: {{minReplicas: 2, autoScaling: {{metrics: [{{type: External}}]}}, model: {{modelFormat: {{name: hf}}, {SIZED}}}}}}}")], set()),
    "llm-group": ([made("serving.kserve.io/v1alpha1", "LLMInferenceService", f"{{replicas: 1, parallelism: {{tensor: 2}}, template: {SPEC}}}")],
                  {"single_replica LLMInferenceService/x", "tp_pp_mismatch LLMInferenceService/x"}),
    "llm-by-reference": ([made("serving.kserve.io/v1alpha1", "LLMInferenceService", "{replicas: 1, baseRefs: [{name: c}]}")], {"single_replica LLMInferenceService/x"}),
    "nim": ([made("apps.nvidia.com/v1alpha1", "NIMService", f"{{image: {{repository: registry.internal/nim, tag: '1'}}, scale: {{enabled: true, hpa: {{minReplicas: 2, metrics: {CPU_SCALING}}}}}, {NIM_SIZE}}}")],
            {"hpa_cpu_only NIMService/x"}),
    "nim-pipeline": ([made("apps.nvidia.com/v1alpha1", "NIMPipeline", f"{{services: [{{name: a, spec: {{image: {{repository: registry.internal/nim, tag: '1'}}, replicas: 1, {NIM_SIZE}}}}}, {{name: b, enabled: false, spec: {{replicas: 1}}}}]}}")],
                     {"single_replica NIMPipeline/x"}),
    "dynamo": ([made("nvidia.com/v1alpha1", "DynamoGraphDeployment", DYNAMO % ", ".join((service_of_dynamo("Fits", 2, 8, 16, 2), service_of_dynamo("Half", 1, 4, 2))))],
               {"single_replica DynamoGraphDeployment/x", "tp_pp_mismatch DynamoGraphDeployment/x"}),
    "knative": ([made("serving.knative.dev/v1", "Service", f"{{template: {{metadata: {{annotations: {{autoscaling.knative.dev/min-scale: '2', autoscaling.knative.dev/metric: cpu}}}}, spec: {SPEC}}}}}")],
                {"hpa_cpu_only Service/x"}),
    "ray": ([made("ray.io/v1", "RayCluster", f"{{{RAY}}}")], {"ray_head_no_ft RayCluster/x"}),
    "ray-safe": ([made("ray.io/v1", "RayService", f"{{rayClusterConfig: {{gcsFaultToleranceOptions: {{redisAddress: 'r:1'}}, {RAY}}}}}")], set()),
    "ray-job": ([made("ray.io/v1", "RayJob", f"{{rayClusterSpec: {{{RAY}}}}}")], {"ray_head_no_ft RayJob/x"}),
    "ray-job-retried": ([made("ray.io/v1", "RayJob", f"{{backoffLimit: 2, rayClusterSpec: {{{RAY}}}}}")], set()),
    "ray-timetable": ([made("ray.io/v1", "RayCronJob", f"{{jobTemplate: {{rayClusterSpec: {{{RAY}}}}}}}")], {"ray_head_no_ft RayCronJob/x"}),
    "train-job": ([made("trainer.kubeflow.org/v1alpha1", "TrainJob", "{trainer: {image: 'registry.internal/t:latest', numNodes: 2, resourcesPerNode: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi, nvidia.com/gpu: 8}}}, podTemplateOverrides: [{spec: {nodeSelector: {karpenter.sh/capacity-type: spot}}}]}")],
                  {"mutable_tag TrainJob/x", "spot_without_checkpoint TrainJob/x"}),
}  # fmt: skip
FLAVORS = {
    "one": "[{coveredResources: [cpu], flavors: [{name: a}, {name: b}]}, {coveredResources: [nvidia.com/gpu], flavors: [{name: h100}]}]",
    "two": "[{coveredResources: [cpu, nvidia.com/gpu], flavors: [{name: reserved}, {name: spot}]}]",
    "no-gpus": "[{coveredResources: [cpu, memory], flavors: [{name: a}]}]",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Findings as `kind object`, by namespace; those of no namespace under ''."""
    folder = tmp_path_factory.mktemp("kinds")
    _write(folder / "manifests")
    audit = {
        "version": 1,
        "audit": {"name": "kinds", "window": {"days": 1, "end": END}},
        "sources": {"manifests": [{"name": "kinds", "kind": "files", "uri": "manifests", "cluster": "c"}]},
    }
    (folder / "audit.yaml").write_text(yaml.safe_dump(audit))
    listed: dict[str, set[str]] = defaultdict(set)
    with _built(folder) as connection:
        query = (
            "select namespace, kind || ' ' || object from fct_spofs union select namespace, kind || ' ' || object from fct_config_findings"
        )
        for namespace, finding in connection.execute(query).fetchall():
            listed[namespace or ""].add(finding)
    return listed


def _write(folder: Path) -> None:
    folder.mkdir()
    for namespace, (objects, _) in CASES.items():
        documents = [yaml.safe_load(text) for text in objects]
        for document in documents:
            document["metadata"]["namespace"] = namespace
        (folder / f"{namespace}.yaml").write_text(yaml.safe_dump_all(documents))
    queues = [made("kueue.x-k8s.io/v1beta1", "ClusterQueue", f"{{resourceGroups: {groups}}}", name) for name, groups in FLAVORS.items()]
    (folder / "queues.yaml").write_text("---\n".join(queues))


def _built(folder: Path) -> duckdb.DuckDBPyConnection:
    audit, lake = load_audit(folder / "audit.yaml"), Lake(folder / "lake")
    source = manifest_source(audit.sources.manifests[0], folder, folder / "index", END)
    for chunk in chunked(plan(source, lake, [END])):
        extract_chunk(chunk, lake, folder)
    for partition in declared_partitions(audit):
        lake.commit("declared", partition, "declared", datetime.now(tz=UTC))
    connection = duckdb.connect()
    connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
    mount(connection, lake, audit)
    CompiledModels(folder / "compiled", ("fct_spofs", "fct_config_findings")).build(connection)
    return connection


@pytest.mark.parametrize("case", CASES)
def test_each_kind_is_judged_by_what_it_says(found: dict[str, set[str]], case: str) -> None:
    assert found.get(case, set()) == CASES[case][1]


def test_a_queue_with_one_gpu_flavor_is_a_weak_point(found: dict[str, set[str]]) -> None:
    assert found[""] == {"single_flavor ClusterQueue/one"}
