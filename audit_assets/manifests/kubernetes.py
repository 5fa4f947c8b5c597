"""The Kubernetes API as a source: what a cluster holds now, read-only, one list a kind in pages.

Only the kinds of KINDS are asked for, with the verb `list`, never Secrets or ConfigMaps; deploy/rbac.yaml grants exactly that. A kind
that may not be listed is unknown and quarantined with the verb; one that the cluster does not serve has no objects.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import stamina

from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.live_days import snapshot_inputs
from audit_assets.manifests.kubernetes_objects import Parsed, at, parse
from audit_assets.manifests.snapshot import Row, owners_partition, snapshot
from audit_assets.manifests.tables import TABLES
from audit_assets.manifests.yaml_documents import Document
from audit_assets.source import Inputs, Partition, Probe, Rejection

PAGE = 500  # objects
READINGS = 4  # of a list whose snapshot expired while it was read (410 Gone)
ATTEMPTS = 6
TIMEOUT_SECONDS = 60.0
LONGEST_WAIT = 60.0  # seconds
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Kind:
    """A kind that is asked for: its API group ("" for the core), version and plural."""

    kind: str
    group: str
    version: str
    plural: str

    @property
    def path(self) -> str:
        """Where the API lists all of them."""
        return f"/apis/{self.group}/{self.version}/{self.plural}" if self.group else f"/api/{self.version}/{self.plural}"

    @property
    def permission(self) -> str:
        """As `kubectl auth can-i` takes it."""
        return f"list {self.plural}" + (f".{self.group}" if self.group else "")

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version


KINDS = (
    Kind("Node", "", "v1", "nodes"),
    Kind("Pod", "", "v1", "pods"),
    Kind("PersistentVolume", "", "v1", "persistentvolumes"),
    Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    Kind("Deployment", "apps", "v1", "deployments"),
    Kind("StatefulSet", "apps", "v1", "statefulsets"),
    Kind("DaemonSet", "apps", "v1", "daemonsets"),
    Kind("Job", "batch", "v1", "jobs"),
    Kind("CronJob", "batch", "v1", "cronjobs"),
    Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers"),
    Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    Kind("StorageClass", "storage.k8s.io", "v1", "storageclasses"),
    Kind("ScaledObject", "keda.sh", "v1alpha1", "scaledobjects"),
    Kind("PrometheusRule", "monitoring.coreos.com", "v1", "prometheusrules"),
    Kind("ClusterPolicy", "nvidia.com", "v1", "clusterpolicies"),
    Kind("NVIDIADriver", "nvidia.com", "v1alpha1", "nvidiadrivers"),
    Kind("RayCluster", "ray.io", "v1", "rayclusters"),
    Kind("RayService", "ray.io", "v1", "rayservices"),
    Kind("RayJob", "ray.io", "v1", "rayjobs"),
    Kind("JobSet", "jobset.x-k8s.io", "v1alpha2", "jobsets"),
    Kind("LeaderWorkerSet", "leaderworkerset.x-k8s.io", "v1", "leaderworkersets"),
    Kind("InferenceService", "serving.kserve.io", "v1beta1", "inferenceservices"),
    Kind("ClusterQueue", "kueue.x-k8s.io", "v1beta1", "clusterqueues"),
    Kind("ResourceFlavor", "kueue.x-k8s.io", "v1beta1", "resourceflavors"),
)


class _Busy(Exception):
    """A transient failure, and for how long the server asked to wait (seconds; None: it did not say)."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(reason)


class _Expired(Exception):
    """410 Gone: the snapshot that the pages are of is no longer there."""


class _Forbidden(Exception):
    """403: the verb is not granted."""


class Cluster:
    """Lists of one API server, found by the kubeconfig or the pod's service account."""

    def __init__(self, context: str | None) -> None:
        from kubernetes import client, config  # noqa: PLC0415 - half a second
        from kubernetes.config.config_exception import ConfigException  # noqa: PLC0415

        settings = client.Configuration()
        try:
            config.load_kube_config(os.environ.get("KUBECONFIG"), context, settings)  # type: ignore[no-untyped-call]
        except ConfigException as problem:
            try:
                if context:
                    raise problem
                config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
            except ConfigException:
                fix = "set KUBECONFIG, or correct `context` in audit.yaml"
                raise SourceRejected("kubernetes", f"no usable kubeconfig: {problem}", fix) from problem
        self.host, self._client = settings.host, client.ApiClient(settings)

    def objects(self, kind: Kind) -> list[dict[str, Any]]:
        """All objects of a kind; none when the cluster does not serve it. Raises _Forbidden, SourceRejected or SourceUnavailable."""
        for _ in range(READINGS):
            try:
                return list(self._pages(kind))
            except _Expired:
                continue
        raise SourceUnavailable(f"{self.host}{kind.path}: the list expires faster than it can be read; try again later")

    def _pages(self, kind: Kind) -> Iterator[dict[str, Any]]:
        further = ""
        while True:
            page = self._page(kind, {"limit": str(PAGE)} | ({"continue": further} if further else {}))
            yield from page.get("items") or ()
            further = str(at(page, "metadata", "continue") or "")
            if not further:
                return

    def _page(self, kind: Kind, parameters: dict[str, str]) -> dict[str, Any]:
        hook = stamina.retry_context(on=_wait_of, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=LONGEST_WAIT)
        try:
            for attempt in hook:
                with attempt:
                    return self._once(kind, parameters)
        except _Busy as problem:
            raise SourceUnavailable(f"{self.host}{kind.path}: {problem}, {ATTEMPTS} times; try again later") from problem
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, kind: Kind, parameters: dict[str, str]) -> dict[str, Any]:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        headers = {"Accept": "application/json", "User-Agent": "assay"}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], kind.path, "GET", None)
        try:
            answer = self._client.rest_client.pool_manager.request(
                "GET", self.host + kind.path, fields=parameters, headers=headers, redirect=False, retries=False, timeout=TIMEOUT_SECONDS
            )
        except HTTPError as problem:
            raise _Busy(f"no answer ({type(problem).__name__})") from problem
        return self._content(kind, answer)

    def _content(self, kind: Kind, answer: Any) -> dict[str, Any]:
        if answer.status == 404:
            return {}
        if answer.status == 403:
            raise _Forbidden(kind.permission)
        if answer.status == 410:
            raise _Expired
        if answer.status in _TRANSIENT:
            asked = answer.headers.get("Retry-After", "")
            raise _Busy(f"HTTP {answer.status}", min(float(asked), LONGEST_WAIT) if asked.isdigit() else None)
        if answer.status != 200:
            fix = "check the credentials of the context" if answer.status == 401 else "check the server of the context"
            raise SourceRejected(f"{self.host}{kind.path}", f"HTTP {answer.status}", fix)
        try:
            content = orjson.loads(answer.data)
        except orjson.JSONDecodeError as problem:
            raise _Busy("the answer is not JSON") from problem
        return content if isinstance(content, dict) else {}


class KubernetesApi:
    """What a cluster holds now. `context`: of the kubeconfig."""

    tables = TABLES
    version = 1
    live = True
    back_filled = False

    def __init__(self, name: str, cluster: str, context: str | None) -> None:
        self.name, self.cluster, self.context = name, cluster, context

    @property
    def shown(self) -> str:
        """The address that objects are told under."""
        return f"k8s://{self.cluster}"

    def probe(self) -> Probe:
        """Reachable, how many objects of how many kinds, and the verbs that are not granted."""
        try:
            parsed, refused = self._read(Cluster(self.context))
        except AssayError as problem:
            return Probe(False, str(problem), frozenset())
        objects = sum(len(one.objects) for _, one in parsed)
        return Probe(True, f"{objects} objects of {len(KINDS)} kinds asked for", missing=tuple(f"not granted: {verb}" for verb in refused))

    def inputs(self, days: Sequence[date]) -> Inputs:
        """A pseudo object: a cluster is only known as it is now, so it is asked again every day."""
        return snapshot_inputs(self.shown, days, (self.context or "",))

    def rejections(self) -> tuple[Rejection, ...]:
        """Nothing is looked at before extraction."""
        return ()

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The snapshot. Raises SourceRejected when nothing at all may be listed, or SourceUnavailable."""
        parsed, refused = self._read(Cluster(self.context))
        unknown = [self._unknown(kind) for kind in KINDS if kind.permission in refused]
        for day, items in inputs.items():
            yield from snapshot(self.name, self.cluster, (day, items), parsed, unknown)
            yield owners_partition((day, items))

    def _unknown(self, kind: Kind) -> Row:
        reason = f"not granted: {kind.permission}; objects of this kind are unknown. deploy/rbac.yaml grants it"
        return {"uri": f"{self.shown}{kind.path}", "position": 1, "column": None, "reason": reason, "raw": None}

    def _read(self, cluster: Cluster) -> tuple[list[tuple[str, Parsed]], list[str]]:
        parsed, refused = [], []
        for kind in KINDS:
            try:
                for item in cluster.objects(kind):
                    if not _is_kept_by_another(item):
                        parsed.append(self._parsed(kind, item))
            except _Forbidden as problem:
                refused.append(str(problem))
        if len(refused) == len(KINDS):
            raise SourceRejected(cluster.host, "no kind may be listed", "bind the ClusterRole of deploy/rbac.yaml to this user")
        return parsed, refused

    def _parsed(self, kind: Kind, item: dict[str, Any]) -> tuple[str, Parsed]:
        metadata = {name: value for name, value in (item.get("metadata") or {}).items() if name != "managedFields"}
        place = "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)
        uri = f"{self.shown}{kind.path}/{place}"
        # the API leaves out of the items of a list what the list's own kind says
        return uri, parse(uri, [Document({**item, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}, 1)])


def _is_kept_by_another(item: dict[str, Any]) -> bool:
    """Whether a controller made it: the controller's own template says the same, once."""
    owners = at(item, "metadata", "ownerReferences")
    return isinstance(owners, list) and any(isinstance(owner, dict) and owner.get("controller") for owner in owners)


def _wait_of(problem: Exception) -> bool | float:
    if not isinstance(problem, _Busy):
        return False
    return True if problem.wait is None else problem.wait
