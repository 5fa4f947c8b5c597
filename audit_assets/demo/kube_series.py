"""kube-state-metrics samples of a day: pods, their requests and phases, nodes and their labels, jobs; and ALERTS."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audit_assets.demo.activity import Window
from audit_assets.demo.blueprint import Blueprint
from audit_assets.demo.clock import EPOCH
from audit_assets.demo.cloud_charges import cpu_instance
from audit_assets.demo.exposition import Exposition, Grid, series
from audit_assets.demo.fleet import CLOUD, Node
from audit_assets.demo.placement import Pod, training_start

HOUR = 3600
RULE_STEP = 300  # seconds between two evaluations of the alert rules, at every scale
JOB_KEPT_HOURS = 72  # ttlSecondsAfterFinished
POOLS = {"h100": "h100-training", "a100": "a100", "a10g": "a10g", "spot": "a100-spot"}


@dataclass(frozen=True)
class CpuNode:
    """A node without GPUs."""

    name: str
    provider_id: str
    instance_type: str
    zone: str


@dataclass(frozen=True)
class Kube:
    """One cluster on one day."""

    blueprint: Blueprint
    fired: tuple[Window, ...]
    cluster: str
    grid: Grid

    @cached_property
    def pods(self) -> list[Pod]:
        """Pods that exist on this day."""
        day = self.grid.day
        return [p for p in self.blueprint.pods if p.cluster == self.cluster and p.start < day * 24 and p.end > (day - 1) * 24]

    @cached_property
    def nodes(self) -> list[Node]:
        """GPU nodes that exist on this day."""
        return [n for n in self.blueprint.nodes if n.cluster == self.cluster and n.first_day <= self.grid.day]

    def write(self, out: Exposition) -> None:
        """All families of the day."""
        self._pods(out, "kube_pod_info", _pod_info)
        self._pods(out, "kube_pod_labels", _pod_labels)
        self._phases(out)
        self._requests(out)
        self._restarts(out)
        self._nodes(out)
        self._jobs(out)
        if self.cluster == CLOUD:
            self._alerts(out)

    def _spans(self, pods: list[Pod]) -> list[np.ndarray]:
        return [self.grid.between(pod.start * HOUR, pod.end * HOUR) for pod in pods]

    def _pods(self, out: Exposition, name: str, labels: Callable[[Pod], dict[str, str]]) -> None:
        out.family(name, "gauge")
        out.constant([series(name, labels(pod)) for pod in self.pods], self._spans(self.pods), 1, self.grid)

    def _phases(self, out: Exposition) -> None:
        name = "kube_pod_status_phase"
        out.family(name, "gauge")
        for phase, waiting in (("Pending", True), ("Running", False)):
            labels = [series(name, _pod(pod) | {"phase": phase}) for pod in self.pods]
            for value in (0, 1):
                chosen = [i for i, pod in enumerate(self.pods) if ((pod.node is None) == waiting) == bool(value)]
                spans = self._spans([self.pods[i] for i in chosen])
                out.constant([labels[i] for i in chosen], spans, value, self.grid)

    def _requests(self, out: Exposition) -> None:
        name = "kube_pod_container_resource_requests"
        out.family(name, "gauge")
        for resource, unit, amount in (
            ("nvidia_com_gpu", "integer", lambda pod: pod.gpus_requested),
            ("cpu", "core", lambda pod: int(pod.cpu_requested)),
            ("memory", "byte", lambda pod: pod.memory_requested_gib * 2**30),
        ):
            for pod in self.pods:
                if amount(pod):
                    labels = _pod(pod) | {"container": pod.container, "node": pod.node or "", "resource": resource, "unit": unit}
                    out.constant([series(name, labels)], self._spans([pod]), amount(pod), self.grid)

    def _restarts(self, out: Exposition) -> None:
        name = "kube_pod_container_status_restarts"
        out.family(name, "counter")
        labels = [series(f"{name}_total", _pod(pod) | {"container": pod.container}) for pod in self.pods if pod.node]
        out.constant(labels, self._spans([pod for pod in self.pods if pod.node]), 0, self.grid)

    def _nodes(self, out: Exposition) -> None:
        everywhere = np.arange(len(self.grid.seconds))
        info = [_node_info(node.name, node.provider_id) for node in self.nodes]
        labels = [_node_labels(node.name, node.machine.instance_type, node.region, node.zone) | _gpu_labels(node) for node in self.nodes]
        for cpu in cpu_nodes(self.cluster):
            info.append(_node_info(cpu.name, cpu.provider_id))
            labels.append(_node_labels(cpu.name, cpu.instance_type, cpu.zone.rstrip("abc"), cpu.zone))
        for name, found in (("kube_node_info", info), ("kube_node_labels", labels)):
            out.family(name, "gauge")
            out.constant([series(name, each) for each in found], [everywhere] * len(found), 1, self.grid)
        self._allocatable(out, everywhere)
        out.family("kube_node_spec_unschedulable", "gauge")
        names = [series("kube_node_spec_unschedulable", {"node": each["node"]}) for each in info]
        out.constant(names, [everywhere] * len(names), 0, self.grid)

    def _allocatable(self, out: Exposition, everywhere: np.ndarray) -> None:
        name = "kube_node_status_allocatable"
        out.family(name, "gauge")
        for node in self.nodes:
            machine = node.machine
            amounts = {
                ("nvidia_com_gpu", "integer"): machine.gpus,
                ("cpu", "core"): machine.vcpu,
                ("memory", "byte"): machine.memory_gib * 2**30,
            }
            for (resource, unit), amount in amounts.items():
                labels = {"node": node.name, "resource": resource, "unit": unit}
                out.constant([series(name, labels)], [everywhere], amount, self.grid)

    def _jobs(self, out: Exposition) -> None:
        first, last = self.grid.first_second, self.grid.first_second + 86_400
        jobs = {p.owner_name: p for p in self.blueprint.pods if p.owner_kind == "Job" and p.cluster == self.cluster and p.node}
        known = [p for p in jobs.values() if p.start * HOUR < last and (p.end + JOB_KEPT_HOURS) * HOUR > first]
        for name, done in (("kube_job_status_succeeded", 1), ("kube_job_status_failed", 0)):
            out.family(name, "gauge")
            for pod in known:
                label = series(name, {"namespace": pod.namespace, "job_name": pod.owner_name})
                out.constant([label], [self.grid.between(pod.start * HOUR, pod.end * HOUR)], 0, self.grid)
                after = self.grid.between(pod.end * HOUR, (pod.end + JOB_KEPT_HOURS) * HOUR)
                out.constant([label], [after], done, self.grid)
        out.family("kube_job_status_start_time", "gauge")
        for pod in known:
            start = training_start(pod) if pod.workload == "fraud-train" else pod.start
            label = series("kube_job_status_start_time", {"namespace": pod.namespace, "job_name": pod.owner_name})
            span = self.grid.between(pod.start * HOUR, (pod.end + JOB_KEPT_HOURS) * HOUR)
            out.constant([label], [span], start * HOUR + EPOCH, self.grid)

    def _alerts(self, out: Exposition) -> None:
        out.family("ALERTS", "gauge")
        rules = Grid(self.grid.day, RULE_STEP)
        for window in self.fired:
            labels = {
                "alertname": "GpuMemoryHigh",
                "alertstate": "firing",
                "Hostname": window.node,
                "gpu": str(window.gpu),
                "severity": "page",
            }
            span = rules.between(window.start * HOUR + RULE_STEP, (window.start + window.hours) * HOUR)
            out.constant([series("ALERTS", labels)], [span], 1, rules)


def cpu_nodes(cluster: str) -> list[CpuNode]:
    """Nodes that run everything that needs no GPU."""
    if cluster == CLOUD:
        zones = [f"eu-west-1{letter}" for letter in "abc"]
        return [
            CpuNode(f"cpu-{i:02}", f"aws:///{zone}/{cpu_instance(f'cpu-{i:02}')}", "m6i.4xlarge", zone) for i, zone in enumerate(zones, 1)
        ]
    return [CpuNode(name, f"metal://{name}", "r650", "dc1-rack-1") for name in ("cpu-11", "cpu-12")]


def _pod(pod: Pod) -> dict[str, str]:
    return {"namespace": pod.namespace, "pod": pod.name}


def _pod_info(pod: Pod) -> dict[str, str]:
    return _pod(pod) | {"node": pod.node or "", "created_by_kind": pod.owner_kind, "created_by_name": pod.owner_name}


def _pod_labels(pod: Pod) -> dict[str, str]:
    return _pod(pod) | {f"label_{re.sub('[^a-zA-Z0-9_]', '_', key)}": value for key, value in pod.labels.items()}


def _node_info(name: str, provider_id: str) -> dict[str, str]:
    return {"node": name, "provider_id": provider_id, "kubelet_version": "v1.33.4", "os_image": "Ubuntu 22.04.5 LTS"}


def _node_labels(name: str, instance_type: str, region: str, zone: str) -> dict[str, str]:
    return {
        "node": name,
        "label_node_kubernetes_io_instance_type": instance_type,
        "label_topology_kubernetes_io_region": region,
        "label_topology_kubernetes_io_zone": zone,
    }


def _gpu_labels(node: Node) -> dict[str, str]:
    return {
        "label_nvidia_com_gpu_product": node.machine.gpu_model.replace(" ", "-"),
        "label_acme_io_pool": POOLS[node.name.split("-")[0]],
        "label_karpenter_sh_capacity_type": {"spot": "spot", "committed": "reserved"}.get(node.price_class, "on-demand"),
    }
