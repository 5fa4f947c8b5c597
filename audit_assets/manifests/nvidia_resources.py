"""NVIDIA's operators, in the words of a pod specification: NIMService, NIMPipeline, and the graphs of Dynamo.

Only what the resource itself says is carried over; what its operator adds by default is not invented here.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from audit_assets.manifests.containers import whole
from audit_assets.manifests.kubernetes_objects import KubernetesObject, at, listing, mapping, scalar_text, text_map
from audit_assets.manifests.pod_templates import Finder, PodTemplate, replicas_of

_NIM_POD_KEYS = ("nodeSelector", "tolerations", "affinity", "runtimeClassName")
_GRAPH = "nvidia.com/dynamo-graph-deployment-name"
_COMPONENT = "nvidia.com/dynamo-component"


def _nim_service(item: KubernetesObject) -> Iterator[PodTemplate]:
    """NIM operator: one server a NIMService."""
    yield _nim(item.name, mapping(item.spec()))


def _nim_pipeline(item: KubernetesObject) -> Iterator[PodTemplate]:
    """NIM operator: a NIMPipeline holds several NIMServices; one that is not enabled runs nothing."""
    for service in listing(item.spec("services")):
        if at(service, "enabled") is not False:
            name = scalar_text(at(service, "name"))
            yield replace(_nim(name, mapping(at(service, "spec"))), role=name)


def _nim(name: str, spec: dict[str, Any]) -> PodTemplate:
    repository, tag = (scalar_text(at(spec, "image", key)) for key in ("repository", "tag"))
    probes = {key: spec.get(key) for key in ("readinessProbe", "livenessProbe", "startupProbe")}
    container = {
        "name": name,
        "image": f"{repository}:{tag}" if tag else repository or None,
        "resources": spec.get("resources"),
        "env": spec.get("env"),
        **probes,
    }
    pod = {"containers": [container], **{key: spec[key] for key in _NIM_POD_KEYS if spec.get(key)}}
    scaled = at(spec, "scale", "enabled") is True
    replicas = at(spec, "scale", "hpa", "minReplicas") if scaled else spec.get("replicas")
    return PodTemplate("", pod, {"app": name}, replicas_of(replicas))


def _dynamo_graph(item: KubernetesObject) -> Iterator[PodTemplate]:
    """Dynamo: a graph of services, each with its own replicas and, in `extraPodSpec`, its pod specification."""
    for name, service in mapping(item.spec("services")).items():
        yield _dynamo(name, mapping(service), {_GRAPH: item.name, _COMPONENT: name})


def _dynamo_component(item: KubernetesObject) -> Iterator[PodTemplate]:
    """Dynamo: one service of a graph as an object of its own."""
    spec = mapping(item.spec())
    yield replace(_dynamo("", spec, {_COMPONENT: scalar_text(spec.get("serviceName")) or item.name}))


def _dynamo(name: str, service: dict[str, Any], labels: dict[str, str]) -> PodTemplate:
    extra = mapping(service.get("extraPodSpec"))
    main = mapping(extra.get("mainContainer"))
    container = {"name": "main", "env": service.get("envs"), **main, "resources": _dynamo_resources(service, main)}
    pod = {**extra, "containers": [container, *listing(extra.get("containers"))]}
    scaled = at(service, "autoscaling", "enabled") is True
    replicas = replicas_of(at(service, "autoscaling", "minReplicas") if scaled else service.get("replicas"))
    nodes = whole(at(service, "multinode", "nodeCount")) or 1
    return PodTemplate(name, pod, {**labels, **text_map(service.get("labels"))}, replicas, nodes)


def _dynamo_resources(service: dict[str, Any], main: dict[str, Any]) -> Any:
    """`gpu: "2"` stands for nvidia.com/gpu, or for what `gpuType` says."""
    written = mapping(service.get("resources"))
    if not written:
        return main.get("resources")
    return {key: _dynamo_amounts(mapping(written.get(key))) for key in ("requests", "limits")}


def _dynamo_amounts(amounts: dict[str, Any]) -> dict[str, Any]:
    kept = {key: amount for key, amount in amounts.items() if key in ("cpu", "memory")}
    gpu_type = scalar_text(amounts.get("gpuType")) or "nvidia.com/gpu"
    return {**mapping(amounts.get("custom")), **kept, **({gpu_type: amounts["gpu"]} if amounts.get("gpu") else {})}


NVIDIA_FINDERS: dict[str, Finder] = {
    "NIMService": _nim_service,
    "NIMPipeline": _nim_pipeline,
    "DynamoGraphDeployment": _dynamo_graph,
    "DynamoComponentDeployment": _dynamo_component,
}
