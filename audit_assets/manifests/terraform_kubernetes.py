"""Kubernetes objects that Terraform declares, put into the words of a manifest.

`kubernetes_manifest` holds one as it is. The typed resources write it in blocks and snake_case; of those, the name, namespace, labels and
spec are carried over. Kinds that hold data and no pods (Secrets, ConfigMaps) are not read.
"""

from typing import Any

from audit_assets.manifests.kubernetes_objects import mapping
from audit_assets.manifests.terraform_blocks import LacksError, block
from audit_assets.manifests.terraform_documents import Resource

# fmt: off
_TYPED = {
    "deployment": ("apps/v1", "Deployment"), "stateful_set": ("apps/v1", "StatefulSet"), "daemonset": ("apps/v1", "DaemonSet"),
    "daemon_set": ("apps/v1", "DaemonSet"), "job": ("batch/v1", "Job"), "cron_job": ("batch/v1", "CronJob"), "pod": ("v1", "Pod"),
    "horizontal_pod_autoscaler": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "pod_disruption_budget": ("policy/v1", "PodDisruptionBudget"), "resource_quota": ("v1", "ResourceQuota"),
    "persistent_volume_claim": ("v1", "PersistentVolumeClaim"),
}
_REPEATED = {
    "container": "containers", "init_container": "initContainers", "env": "env", "env_from": "envFrom", "port": "ports",
    "volume": "volumes", "volume_mount": "volumeMounts", "toleration": "tolerations", "volume_claim_template": "volumeClaimTemplates",
    "topology_spread_constraint": "topologySpreadConstraints", "image_pull_secrets": "imagePullSecrets", "metric": "metrics",
    "match_expressions": "matchExpressions", "match_fields": "matchFields", "node_selector_term": "nodeSelectorTerms",
    "preferred_during_scheduling_ignored_during_execution": "preferredDuringSchedulingIgnoredDuringExecution",
    "policy": "policies", "items": "items", "sources": "sources", "host_aliases": "hostAliases",
}
# fmt: on
_SPELLED = {"target_cpu_utilization_percentage": "targetCPUUtilizationPercentage"}
_NOT_READ = frozenset({"annotations", "generation", "resource_version", "self_link", "uid"})
_TERMS = "required_during_scheduling_ignored_during_execution"  # one block for nodes, several for pods
_VERSIONS = ("_v1", "_v2", "_v2beta2", "_v1beta1")


def kubernetes_document(resource: Resource) -> dict[str, Any] | None:
    """The object of a resource; None for other types. Raises LacksError."""
    if resource.type == "kubernetes_manifest":
        manifest = resource.values.get("manifest")
        if not isinstance(manifest, dict):
            raise LacksError("manifest")
        return manifest
    typed = _typed(resource.type)
    if typed is None:
        return None
    metadata, spec = block(resource.values, "metadata"), block(resource.values, "spec")
    if not metadata.get("name") and not metadata.get("generate_name"):
        raise LacksError("metadata.name")
    if not spec:
        raise LacksError("spec")
    kept = {key: metadata[key] for key in ("name", "namespace", "labels") if metadata.get(key)}
    return {"apiVersion": typed[0], "kind": typed[1], "metadata": {"name": metadata.get("generate_name"), **kept}, "spec": _spec(spec)}


def is_kubernetes(kind: str) -> bool:
    """Whether a resource of this type is a Kubernetes object that is read."""
    return kind == "kubernetes_manifest" or _typed(kind) is not None


def _typed(kind: str) -> tuple[str, str] | None:
    prefix, _, name = kind.partition("_")
    for version in _VERSIONS:
        name = name.removesuffix(version)
    return _TYPED.get(name) if prefix == "kubernetes" else None


def _spec(values: dict[str, Any], inside: str = "") -> dict[str, Any]:
    """Blocks and attributes as Kubernetes names them; what is not set is left out, a block without anything in it stays."""
    spec: dict[str, Any] = {}
    for key, value in values.items():
        if key in _NOT_READ or value is None or value in ("", []):
            continue
        if isinstance(value, list) and all(one is None or isinstance(one, dict) for one in value):
            several = [_spec(mapping(one), key) for one in value]
            repeated = key in _REPEATED or (key == _TERMS and inside in ("pod_affinity", "pod_anti_affinity"))
            spec[_REPEATED.get(key) or _camel(key)] = several if repeated else several[0]
        else:  # maps (labels, limits, selectors) and lists of words are as they are
            spec[_SPELLED.get(key) or _camel(key)] = value
    return spec


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join({"ip": "IP", "ipc": "IPC", "pid": "PID"}.get(word, word.capitalize()) for word in others)
