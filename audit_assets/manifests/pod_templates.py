"""Pod templates, wherever a kind keeps them, with their role, replicas and the labels their pods will carry.

Each kind has a finder: the ordinary ones here, those that describe pods in their own words in `custom_resources.py`.
A kind that has none is searched for anything that looks like a pod specification.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from audit_assets.manifests.containers import pod_gpus, whole
from audit_assets.manifests.kubernetes_objects import KubernetesObject, at, listing, mapping, scalar_text, text_map


@dataclass(frozen=True)
class PodTemplate:
    """One template. `spec` is a pod specification.

    `replicas` is the minimum where a range, None where the kind has none; `pods_per_replica` is above 1 for groups of pods.
    """

    role: str
    spec: dict[str, Any]
    labels: dict[str, str]
    replicas: int | None = None
    pods_per_replica: int = 1
    strategy: str | None = None
    backoff_limit: int | None = None


Finder = Callable[[KubernetesObject], Iterator[PodTemplate]]
_POLICIES = ("kyverno.io/", "templates.gatekeeper.sh/", "constraints.gatekeeper.sh/", "apiextensions.k8s.io/")


def from_template(template: Any, role: str = "", implied: dict[str, str] | None = None, **facts: Any) -> Iterator[PodTemplate]:
    """A PodTemplate from a `{metadata, spec}` mapping; nothing when it has no containers. `implied` labels are the controller's."""
    spec = mapping(at(template, "spec"))
    if listing(spec.get("containers")):
        labels = {**(implied or {}), **text_map(at(template, "metadata", "labels"))}
        yield PodTemplate(role, spec, labels, **facts)


def replicas_of(value: Any, default: int = 1) -> int | None:
    """A replica count; the API server's default when none is written, None when it is not a number."""
    return default if value is None else whole(value)


def _scaled(item: KubernetesObject) -> Iterator[PodTemplate]:
    written = item.spec("strategy", "type") or item.spec("updateStrategy", "type")
    strategy = scalar_text(written) if written else "RollingUpdate"
    if "strategy" not in mapping(item.spec()) and item.kind not in ("Deployment", "StatefulSet"):
        strategy = None  # type: ignore[assignment]
    yield from from_template(item.spec("template"), replicas=replicas_of(item.spec("replicas")), strategy=strategy)


def _daemon_set(item: KubernetesObject) -> Iterator[PodTemplate]:
    strategy = scalar_text(item.spec("updateStrategy", "type") or "RollingUpdate")
    yield from from_template(item.spec("template"), strategy=strategy)


def _pod(item: KubernetesObject) -> Iterator[PodTemplate]:
    yield from from_template(item.document)


def _pod_template(item: KubernetesObject) -> Iterator[PodTemplate]:
    yield from from_template(item.document.get("template"))


def _job(item: KubernetesObject) -> Iterator[PodTemplate]:
    implied = {"job-name": item.name, "batch.kubernetes.io/job-name": item.name}
    yield from from_template(item.spec("template"), implied=implied, backoff_limit=whole(item.spec("backoffLimit")))


def _cron_job(item: KubernetesObject) -> Iterator[PodTemplate]:
    job = item.spec("jobTemplate", "spec")
    yield from from_template(at(job, "template"), backoff_limit=whole(at(job, "backoffLimit")))


def _volcano_job(item: KubernetesObject) -> Iterator[PodTemplate]:
    for task in listing(item.spec("tasks")):
        role = scalar_text(at(task, "name"))
        yield from from_template(at(task, "template"), role, replicas=replicas_of(at(task, "replicas")))


def _job_set(item: KubernetesObject) -> Iterator[PodTemplate]:
    for job in listing(item.spec("replicatedJobs")):
        role, spec = scalar_text(at(job, "name")), at(job, "template", "spec")
        implied = {
            "jobset.sigs.k8s.io/jobset-name": item.name,
            "jobset.sigs.k8s.io/replicatedjob-name": role,
        }
        facts = {"replicas": replicas_of(at(job, "replicas")), "backoff_limit": whole(at(spec, "backoffLimit"))}
        yield from from_template(at(spec, "template"), role, implied, **facts)


def _kubeflow_job(item: KubernetesObject) -> Iterator[PodTemplate]:
    for key, groups in mapping(item.spec()).items():
        if not key.endswith("ReplicaSpecs"):
            continue
        for role, group in mapping(groups).items():
            implied = {
                "training.kubeflow.org/job-name": item.name,
                "training.kubeflow.org/replica-type": role.lower(),
            }
            yield from from_template(at(group, "template"), role.lower(), implied, replicas=replicas_of(at(group, "replicas")))


def _leader_worker_set(item: KubernetesObject) -> Iterator[PodTemplate]:
    group = item.spec("leaderWorkerTemplate")
    size, replicas = whole(at(group, "size")) or 1, replicas_of(item.spec("replicas"))
    implied = {"leaderworkerset.sigs.k8s.io/name": item.name}
    strategy = scalar_text(item.spec("rolloutStrategy", "type")) or None
    leader = list(from_template(at(group, "leaderTemplate"), "leader", implied, replicas=replicas, strategy=strategy))
    yield from leader
    workers = size - len(leader)
    if workers:
        facts = {"replicas": replicas, "pods_per_replica": workers, "strategy": strategy}
        yield from from_template(at(group, "workerTemplate"), "worker", implied, **facts)


def _ray(*path: str) -> Finder:
    def find(item: KubernetesObject) -> Iterator[PodTemplate]:
        cluster = at(item.document, "spec", *path)
        common = {"ray.io/is-ray-node": "yes"} | ({"ray.io/cluster": item.name} if not path else {})
        head = at(cluster, "headGroupSpec", "template")
        facts = {"replicas": 1, "backoff_limit": whole(item.spec("backoffLimit"))}
        yield from from_template(head, "head", {**common, "ray.io/node-type": "head", "ray.io/group": "headgroup"}, **facts)
        for group in listing(at(cluster, "workerGroupSpecs")):
            name = scalar_text(at(group, "groupName"))
            implied = {**common, "ray.io/node-type": "worker", "ray.io/group": name}
            size = whole(at(group, "numOfHosts")) or 1
            facts = {**facts, "replicas": _ray_workers(cluster, group), "pods_per_replica": size}
            yield from from_template(at(group, "template"), f"worker:{name}", implied, **facts)

    return find


def _ray_workers(cluster: Any, group: Any) -> int | None:
    """KubeRay's autoscaler goes down to minReplicas; without it `replicas` stands. Both default to 0 (RayCluster CRD)."""
    scaled = at(cluster, "enableInTreeAutoscaling") is True
    return replicas_of(at(group, "minReplicas" if scaled else "replicas"), default=0)


def _knative_service(item: KubernetesObject) -> Iterator[PodTemplate]:
    annotations = mapping(item.spec("template", "metadata", "annotations"))
    minimum = annotations.get("autoscaling.knative.dev/min-scale", annotations.get("autoscaling.knative.dev/minScale"))
    implied = {"serving.knative.dev/service": item.name}
    yield from from_template(item.spec("template"), implied=implied, replicas=replicas_of(minimum, default=0))


_FINDERS: dict[str, Finder] = {
    **dict.fromkeys(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "CloneSet"), _scaled),
    **dict.fromkeys(("PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "JAXJob"), _kubeflow_job),
    "DaemonSet": _daemon_set,
    "Pod": _pod,
    "PodTemplate": _pod_template,
    "Job": _job,
    "CronJob": _cron_job,
    "JobSet": _job_set,
    "LeaderWorkerSet": _leader_worker_set,
    "RayCluster": _ray(),
    "RayService": _ray("rayClusterConfig"),
    "RayJob": _ray("rayClusterSpec"),
    "RayCronJob": _ray("jobTemplate", "rayClusterSpec"),
}
_BY_GROUP: dict[tuple[str, str], Finder] = {
    ("batch.volcano.sh", "Job"): _volcano_job,
    ("serving.knative.dev", "Service"): _knative_service,
}


def pod_templates(item: KubernetesObject, custom: dict[str, Finder]) -> list[PodTemplate]:
    """Every pod template in an object. `custom` finders, by kind, come before the search."""
    group = item.api_version.rpartition("/")[0]
    if item.api_version.startswith(_POLICIES) or (item.kind == "Service" and not group):
        return []
    find = _BY_GROUP.get((group, item.kind)) or _FINDERS.get(item.kind) or custom.get(item.kind) or _searched
    return _with_own_roles([template for template in find(item) if _is_whole(item, template)])


def _with_own_roles(templates: list[PodTemplate]) -> list[PodTemplate]:
    """A role is unique in its object: a second of the same name is numbered."""
    seen: dict[str, int] = {}
    named = []
    for template in templates:
        seen[template.role] = count = seen.get(template.role, 0) + 1
        named.append(template if count == 1 else replace(template, role=f"{template.role}#{count}"))
    return named


def _is_whole(item: KubernetesObject, template: PodTemplate) -> bool:
    """Not a kustomize patch: the API requires an image of every container in the built-in kinds, so one without is a part."""
    if item.kind not in _FINDERS:
        return True
    return all(at(container, "image") for container in template.spec["containers"])


def _searched(item: KubernetesObject) -> Iterator[PodTemplate]:
    yield from _search(item.document.get("spec"), (), None)


def _search(node: Any, path: tuple[str, ...], replicas: Any) -> Iterator[PodTemplate]:
    if isinstance(node, list):
        for number, entry in enumerate(node):
            place = scalar_text(at(entry, "name")) or str(number)
            yield from _search(entry, (*path, place), replicas)
        return
    if not isinstance(node, dict):
        return
    replicas = node.get("replicas", replicas)
    found = listing(node.get("containers"))
    if found and all(at(container, "image") for container in found):
        role = ".".join(part for part in path if part not in ("template", "spec"))
        yield PodTemplate(role, node, {}, whole(replicas))
        return
    for key, value in node.items():
        labelled = mapping(value) if key == "template" else {}
        for template in _search(value, (*path, key), replicas):
            labels = text_map(at(labelled, "metadata", "labels"))
            yield PodTemplate(template.role, template.spec, template.labels or labels, template.replicas)


def template_row(template: PodTemplate, item: KubernetesObject) -> dict[str, object]:
    """The template columns of K8S_POD_TEMPLATES."""
    spec = template.spec
    terms = at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    return {
        "role": template.role,
        "replicas": template.replicas,
        "pods_per_replica": template.pods_per_replica,
        "strategy": template.strategy,
        "pod_labels": template.labels,
        "node_selector": {**single_values(listing(terms)), **text_map(spec.get("nodeSelector"))},
        "node_affinity": _json(listing(terms)),
        "tolerations": _json(listing(spec.get("tolerations"))),
        "pod_anti_affinity": bool(at(spec, "affinity", "podAntiAffinity")),
        "topology_spread": _json(listing(spec.get("topologySpreadConstraints"))),
        "volumes": _json(listing(spec.get("volumes"))),
        "volume_claims": _json(listing(item.spec("volumeClaimTemplates"))),
        "restart_policy": scalar_text(spec.get("restartPolicy")) or None,
        "backoff_limit": template.backoff_limit,
        "service_account": scalar_text(spec.get("serviceAccountName")) or None,
        "runtime_class": scalar_text(spec.get("runtimeClassName")) or None,
        "gpus": pod_gpus(spec),
    }


def single_values(terms: list[Any]) -> dict[str, str]:
    """Labels for which required node affinity leaves one value. Terms are alternatives, so every term must name the label."""
    allowed: dict[str, set[str]] = {}
    for number, term in enumerate(terms):
        named = {
            scalar_text(at(expression, "key")): {scalar_text(value) for value in listing(at(expression, "values"))}
            for expression in listing(at(term, "matchExpressions"))
            if at(expression, "operator") == "In"
        }
        shared = {key: values | named[key] for key, values in allowed.items() if key in named}
        allowed = shared if number else named
    return {key: next(iter(values)) for key, values in allowed.items() if len(values) == 1}


def _json(value: Any) -> str | None:
    return orjson.dumps(value, default=str).decode() if value else None
