"""The Kubernetes objects of an estate, about sixty, one file a namespace.

A control estate is highly available throughout. The planted one differs in exactly the places marked `weak`.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from audit_assets.demo.containers import GPU_TOLERATION, MIRROR, Object, image, metadata, resources
from audit_assets.demo.fleet import CLOUD, ON_PREM
from audit_assets.demo.serving import Serving, serving
from audit_assets.demo.training import training

NAMESPACES = ("chat", "search", "fraud", "docs", "research", "edge", "monitoring", "gpu-operator")
RULES = (
    ("GpuMemoryHigh", "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.95", "5m", "page"),
    ("TrainingJobFailed", 'kube_job_status_failed{namespace="fraud"} > 0', "10m", "ticket"),
    ("GpuThermalThrottle", "rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) > 0", "5m", "page"),  # off in the exporter's default list
)
CONTROL_RULES = RULES[:2]


def write_manifests(folder: Path, control: bool) -> None:
    """Write both clusters' objects below `folder`, by cluster and namespace."""
    for cluster, objects in ((CLOUD, cloud_objects(control)), (ON_PREM, on_prem_objects(control))):
        by_file: dict[str, list[Object]] = {}
        for each in objects:
            by_file.setdefault(each["metadata"].get("namespace", "cluster"), []).append(each)
        for name, found in by_file.items():
            path = folder / cluster / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump_all(found, sort_keys=False, width=120), encoding="utf-8")


def cloud_objects(control: bool) -> list[Object]:
    """The objects of the cloud cluster."""
    objects = [_namespace(name) for name in NAMESPACES]
    for each in serving(control):
        if each.cluster == CLOUD:
            objects += workload_objects(each)
    objects += training(control)
    objects += [*_scaling(control), *_monitoring(control), *_operators(), *_policies(control)]
    return objects


def on_prem_objects(control: bool) -> list[Object]:
    """The objects of the own data centre."""
    mine = [each for each in serving(control) if each.cluster == ON_PREM]
    return [_namespace("fraud"), *(each for workload in mine for each in workload_objects(workload))]


def workload_objects(workload: Serving) -> Iterator[Object]:
    """A Deployment or StatefulSet with its Service and PodDisruptionBudget."""
    yield workload.object()
    yield workload.service()
    yield workload.disruption_budget()


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, labels={"team": f"team-{name}"})}


def _scaling(control: bool) -> Iterator[Object]:
    yield _autoscaler("chat", "chat-llm", 2, 4, "vllm:num_requests_waiting")
    yield _autoscaler("chat", "chat-embed", 8, 16, "cpu" if not control else "vllm:num_requests_waiting")  # weak: CPU says nothing
    yield _autoscaler("search", "search-embed", 1 if not control else 2, 6, "embedding_queue_depth")  # weak: one replica at night
    yield _autoscaler("docs", "docs-summarise", 3, 5, "vllm:num_requests_waiting")


def _autoscaler(namespace: str, name: str, low: int, high: int, metric: str) -> Object:
    if metric == "cpu":
        source: Object = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    else:
        source = {"type": "Pods", "pods": {"metric": {"name": metric}, "target": {"type": "AverageValue", "averageValue": "8"}}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(name, namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": low,
            "maxReplicas": high,
            "metrics": [source],
        },
    }


def _monitoring(control: bool) -> Iterator[Object]:
    rules = [
        {"alert": alert, "expr": expr, "for": waiting, "labels": {"severity": severity}}
        for alert, expr, waiting, severity in (CONTROL_RULES if control else RULES)
    ]
    yield {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("gpu-alerts", "monitoring", {"prometheus": "k8s"}),
        "spec": {"groups": [{"name": "gpu", "rules": rules}]},
    }
    for name, namespace in (("vllm", "chat"), ("dcgm-exporter", "gpu-operator")):
        yield {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": metadata(name, "monitoring"),
            "spec": {
                "namespaceSelector": {"matchNames": [namespace]},
                "selector": {"matchLabels": {"metrics": "yes"}},
                "endpoints": [{"port": "metrics", "interval": "60s"}],
            },
        }


def _operators() -> Iterator[Object]:
    driver = {"enabled": True, "repository": f"{MIRROR}/nvidia", "version": "535.104.05"}
    yield {
        "apiVersion": "nvidia.com/v1",
        "kind": "ClusterPolicy",
        "metadata": metadata("gpu-cluster-policy"),
        "spec": {"operator": {"defaultRuntime": "containerd"}, "driver": driver, "dcgmExporter": {"enabled": False}},
    }
    probe = {"httpGet": {"path": "/health", "port": 9400}, "periodSeconds": 30}
    yield {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata("dcgm-exporter", "gpu-operator"),
        "spec": {
            "selector": {"matchLabels": {"app": "dcgm-exporter"}},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": {"app": "dcgm-exporter", "metrics": "yes"}},
                "spec": {
                    "tolerations": [GPU_TOLERATION],
                    "containers": [
                        {
                            "name": "exporter",
                            "image": image("nvidia/dcgm-exporter", "4.2.3-4.1.3"),
                            "ports": [{"name": "metrics", "containerPort": 9400}],
                            "resources": resources("100m", "256Mi"),
                            "readinessProbe": probe,
                            "livenessProbe": probe,
                        }
                    ],
                },
            },
        },
    }


def _policies(control: bool) -> Iterator[Object]:
    for name, value in (("serving-critical", 1_000_000), ("training", 1_000)):
        yield {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata(name), "value": value}
    for namespace in ("chat", "search", "fraud", "docs", "research"):
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata("default-deny", namespace),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        }
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("workload", namespace)}
    for namespace in ("fraud", *(("research",) if control else ())):
        yield {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": metadata("gpus", namespace),
            "spec": {"hard": {"requests.nvidia.com/gpu": "32"}},
        }
