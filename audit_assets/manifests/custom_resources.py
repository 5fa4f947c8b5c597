"""Custom resources that describe pods in their own words, put into the words of a pod specification.

Only what the resource itself says is carried over; what its operator adds by default is not invented here.
"""

from collections.abc import Iterator
from typing import Any

from audit_assets.manifests.containers import whole
from audit_assets.manifests.kubernetes_objects import KubernetesObject, at, listing, mapping, scalar_text, text_map
from audit_assets.manifests.nvidia_resources import NVIDIA_FINDERS
from audit_assets.manifests.pod_templates import Finder, PodTemplate, replicas_of

_NOT_A_MODEL = ("workerSpec", "batcher", "logger", "deploymentStrategy", "affinity", "securityContext", "scaleMetric")
_VLLM_FLAGS = {
    ("model", "maxModelLen"): "--max-model-len",
    ("model", "maxNumSeqs"): "--max-num-seqs",
    ("model", "dtype"): "--dtype",
    ("vllmConfig", "tensorParallelSize"): "--tensor-parallel-size",
    ("vllmConfig", "gpuMemoryUtilization"): "--gpu-memory-utilization",
}
_LLM_FLAGS = {
    "tensor": "--tensor-parallel-size",
    "pipeline": "--pipeline-parallel-size",
    "data": "--data-parallel-size",
    "dataLocal": "--data-parallel-size-local",
}
_OVERRIDDEN = ("nodeSelector", "tolerations", "affinity", "volumes")


def _inference_service(item: KubernetesObject) -> Iterator[PodTemplate]:
    """KServe: each component is a pod specification, whose model server may be written as `model:` or `<framework>:`."""
    for role in ("predictor", "transformer", "explainer"):
        component = mapping(item.spec(role))
        if not component:
            continue
        replicas = replicas_of(component.get("minReplicas"))
        labels = {
            **text_map(at(item.document, "metadata", "labels")),
            **text_map(component.get("labels")),
            "serving.kserve.io/inferenceservice": item.name,
            "component": role,
        }
        spec = {**component, "containers": [*_model_servers(component), *listing(component.get("containers"))]}
        strategy = scalar_text(at(component, "deploymentStrategy", "type")) or None
        if spec["containers"]:
            yield PodTemplate(role, spec, labels, replicas, strategy=strategy)
        worker = mapping(component.get("workerSpec"))
        if listing(worker.get("containers")):
            workers = max((whole(worker.get("pipelineParallelSize")) or 2) - 1, 1)
            yield PodTemplate(f"{role}-worker", worker, labels, replicas, workers)


def _model_servers(component: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, server in component.items():
        described = isinstance(server, dict) and {"storageUri", "modelFormat", "resources", "runtimeVersion"} & server.keys()
        if described and key not in _NOT_A_MODEL:
            yield {"name": "kserve-container", **server}


def _llm_inference_service(item: KubernetesObject) -> Iterator[PodTemplate]:
    """KServe LLMInferenceService: pod specifications for decode, prefill, their workers, and the scheduler."""
    name = {"app.kubernetes.io/name": item.name, "app.kubernetes.io/part-of": "llminferenceservice"}
    labels = {**text_map(at(item.document, "metadata", "labels")), **name}
    replicas, split = replicas_of(item.spec("replicas")), item.spec("parallelism")
    prefill, prefill_split = replicas_of(item.spec("prefill", "replicas")), item.spec("prefill", "parallelism")
    places = (
        ("workload", item.spec("template"), replicas, split),
        ("worker", item.spec("worker"), replicas, split),
        ("prefill", item.spec("prefill", "template"), prefill, prefill_split),
        ("prefill-worker", item.spec("prefill", "worker"), prefill, prefill_split),
        ("scheduler", item.spec("router", "scheduler", "template"), None, None),
    )
    for role, spec, count, parallelism in places:
        if listing(at(spec, "containers")):
            yield PodTemplate(role, _with_parallelism(spec, parallelism), labels, count)
        elif role == "workload":  # its pods come from the configuration that it names, or from the operator's own
            yield PodTemplate(role, {**mapping(spec), "containers": [{"name": "main"}]}, labels, count)


def _with_parallelism(spec: dict[str, Any], parallelism: Any) -> dict[str, Any]:
    """The split that the resource states, as the flags that its operator gives the first container."""
    flags = [word for key, flag in _LLM_FLAGS.items() if at(parallelism, key) for word in (flag, scalar_text(at(parallelism, key)))]
    first, *others = spec["containers"]
    if not flags or not isinstance(first, dict):
        return spec
    return {**spec, "containers": [{**first, "args": [*listing(first.get("args")), *flags]}, *others]}


def _serving_runtime(item: KubernetesObject) -> Iterator[PodTemplate]:
    """KServe ServingRuntime: a template for InferenceServices, which runs nothing by itself."""
    yield from ()


def _vllm_runtime(item: KubernetesObject) -> Iterator[PodTemplate]:
    """vLLM production-stack: VLLMRuntime keeps the deployment apart from the engine's settings."""
    deployment = item.spec("deploymentConfig")
    flags = [
        word
        for (section, key), flag in _VLLM_FLAGS.items()
        if item.spec(section, key) is not None
        for word in (flag, scalar_text(item.spec(section, key)))
    ]
    container = {**_stack_container(deployment, item), "args": flags, "env": item.spec("vllmConfig", "env")}
    strategy = scalar_text(at(deployment, "deploymentStrategy")) or None
    yield PodTemplate("", _stack_pod(deployment, container), {"app": item.name}, _stack_replicas(item, deployment), strategy=strategy)


def _stack_replicas(item: KubernetesObject, deployment: Any) -> int | None:
    if item.spec("autoscalingConfig", "enabled") is True:
        return replicas_of(item.spec("autoscalingConfig", "minReplicas"))
    return replicas_of(at(deployment, "replicas"))


def _stack_component(item: KubernetesObject) -> Iterator[PodTemplate]:
    """vLLM production-stack: VLLMRouter and CacheServer."""
    container = {**_stack_container(item.spec(), item), "env": item.spec("env")}
    replicas = replicas_of(item.spec("replicas"))
    yield PodTemplate("", _stack_pod(item.spec(), container), {"app": item.name}, replicas)


def _stack_container(described: Any, item: KubernetesObject) -> dict[str, Any]:
    registry, name = (scalar_text(at(described, "image", key)) for key in ("registry", "name"))
    resources = mapping(at(described, "resources"))
    gpu_type = scalar_text(resources.get("gpuType")) or "nvidia.com/gpu"
    requests = {key: resources[key] for key in ("cpu", "memory") if resources.get(key)}
    gpus = {gpu_type: resources["gpu"]} if resources.get("gpu") else {}
    return {
        "name": item.name,
        "image": "/".join(part for part in (registry, name) if part) or None,
        "resources": {"requests": {**requests, **gpus}, "limits": {**requests, **gpus}},  # its controller writes both
    }


def _stack_pod(described: Any, container: dict[str, Any]) -> dict[str, Any]:
    terms = listing(at(described, "nodeSelectorTerms"))
    required = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    return {"containers": [container], "affinity": required if terms else {}, "tolerations": at(described, "tolerations")}


def _train_job(item: KubernetesObject) -> Iterator[PodTemplate]:
    """Kubeflow Trainer: the trainer's container is in the object, the rest of the pod in the runtime that it names."""
    trainer = mapping(item.spec("trainer"))
    overrides = [*listing(item.spec("podSpecOverrides")), *(at(one, "spec") for one in listing(item.spec("podTemplateOverrides")))]
    placed = {key: value[key] for value in map(mapping, overrides) for key in _OVERRIDDEN if value.get(key)}
    container = {"name": "trainer", **trainer, "resources": trainer.get("resourcesPerNode")}
    yield PodTemplate("trainer", {**placed, "containers": [container]}, {"jobset.sigs.k8s.io/jobset-name": item.name}, _nodes(trainer))


def _nodes(trainer: dict[str, Any]) -> int | None:
    return whole(trainer.get("numNodes")) or None


def _workflow(item: KubernetesObject) -> Iterator[PodTemplate]:
    """Argo workflows: one container a template."""
    steps = listing(item.spec("templates")) or listing(item.spec("workflowSpec", "templates"))
    for step in steps:
        if isinstance(at(step, "container"), dict):
            yield PodTemplate(scalar_text(at(step, "name")), {**step, "containers": [step["container"]]}, {})


CUSTOM_FINDERS: dict[str, Finder] = {
    "InferenceService": _inference_service,
    "LLMInferenceService": _llm_inference_service,
    **dict.fromkeys(("ServingRuntime", "ClusterServingRuntime", "LLMInferenceServiceConfig"), _serving_runtime),
    "VLLMRuntime": _vllm_runtime,
    **dict.fromkeys(("VLLMRouter", "CacheServer"), _stack_component),
    **NVIDIA_FINDERS,
    "TrainJob": _train_job,
    **dict.fromkeys(("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"), _workflow),
}
