"""Pieces that the manifests share: images, resources, probes and where pods may run."""

import hashlib
from typing import Any

Object = dict[str, Any]
MIRROR = "registry.acme.example"
PRODUCTS = {
    "h100": "NVIDIA-H100-80GB-HBM3",
    "a100": "NVIDIA-A100-SXM4-40GB",
    "a10g": "NVIDIA-A10G",
}
PRODUCT_LABEL = "nvidia.com/gpu.product"
GPU_TOLERATION: Object = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def metadata(name: str, namespace: str | None = None, labels: dict[str, str] | None = None) -> Object:
    """The metadata of an object."""
    found: Object = {"name": name}
    if namespace:
        found["namespace"] = namespace
    return found | ({"labels": labels} if labels else {})


def image(repository: str, tag: str, registry: str = MIRROR) -> str:
    """An image reference with its digest, which is made up but stable."""
    digest = hashlib.sha256(f"{repository}:{tag}".encode()).hexdigest()
    return f"{registry}/{repository}:{tag}@sha256:{digest}"


def resources(cpu: str, memory: str, gpus: int = 0) -> Object:
    """Equal requests and limits."""
    amounts: Object = {"cpu": cpu, "memory": memory} | ({"nvidia.com/gpu": gpus} if gpus else {})
    return {"requests": amounts, "limits": dict(amounts)}


def probes(port: int, path: str = "/health") -> Object:
    """Startup, readiness and liveness over HTTP."""
    get = {"httpGet": {"path": path, "port": port}}
    return {
        "startupProbe": get | {"failureThreshold": 60, "periodSeconds": 10},
        "readinessProbe": get | {"periodSeconds": 5},
        "livenessProbe": get | {"periodSeconds": 15},
    }


def on_gpus(products: tuple[str, ...]) -> Object:
    """Node affinity to any of these GPU products."""
    values = [PRODUCTS[product] for product in products]
    terms = [{"matchExpressions": [{"key": PRODUCT_LABEL, "operator": "In", "values": values}]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def apart(app: str) -> Object:
    """Preferred anti-affinity between the pods of an app."""
    term = {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"}
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}}


def spread(app: str, keys: tuple[str, ...]) -> list[Object]:
    """Topology spread over zones or hosts."""
    selector = {"matchLabels": {"app": app}}
    return [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector} for key in keys]
