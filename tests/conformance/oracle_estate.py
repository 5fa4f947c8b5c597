"""Published cost examples as one small estate: bills, kube-state-metrics, DCGM and vLLM text. Each example has a cluster of its own.

A node is billed once a day, so an example's cost is a day's cost. What does not belong here: what is expected of the marts.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

DAY = date(2026, 9, 2)
STEP_SECONDS = 900
GIB = 2**30
# OpenCost's default rates an hour; quantities are scaled by them, so that an example's own prices come out
TOKENS = ("vllm:prompt_tokens_total", "vllm:generation_tokens_total")
SECONDS = ("vllm:request_prefill_time_seconds_sum", "vllm:request_decode_time_seconds_sum")
CORE_RATE, GIB_RATE, GPU_RATE = 0.031611, 0.004237, 0.95


@dataclass(frozen=True)
class Node:
    """A billed node. `billed_gpus` is what the bill says (null: it does not), `allocatable` what Kubernetes says."""

    cluster: str
    name: str
    cost: float
    cores: float
    gib: float
    billed_gpus: int | None = None
    allocatable: dict[str, float] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pod:
    """A pod that runs all day. `active`: SM activity of each GPU that it holds; `used_gib`: its working set, where cAdvisor is scraped."""

    node: Node
    namespace: str
    name: str
    gpus: float = 0
    gpu_resource: str = "nvidia_com_gpu"
    containers: tuple[tuple[float, float], ...] = ((0, 0),)  # cores, GiB
    active: tuple[float, ...] = ()
    used_gib: float | None = None
    tokens: tuple[float, float] | None = None  # input, output
    seconds: tuple[float, float] | None = None  # prefill, decode


@dataclass
class Examples:
    """Everything that is written."""

    pods: list[Pod]
    nodes: list[Node]
    charges: list[dict[str, Any]]
    cur: list[dict[str, Any]]
    rented: dict[str, Any]  # a node of on_prem.yaml

    def write(self, folder: Path) -> Path:
        """Write the estate below `folder`. Returns audit.yaml."""
        cloud = [node for node in self.nodes if node.billed_gpus is not None]
        owned = [node for node in self.nodes if node.billed_gpus is None]
        _write_csv(folder / "focus" / "bill.csv", [*map(node_charge, cloud), *self.charges])
        _write_csv(folder / "owned" / "bill.csv", [node_charge(node) for node in owned])
        _write_csv(folder / "cur" / "bill.csv", self.cur)
        term = {"purchase_date": date(2026, 1, 1), "useful_life_months": 12, "power_kw": 0, "gpu_model": "H100"}
        (folder / "on_prem.yaml").write_text(yaml.safe_dump({"pue": 1, "tariff_per_kwh": 0, "nodes": [self.rented | term]}))
        clusters = sorted({node.cluster for node in self.nodes})
        for cluster in clusters:
            path = folder / "metrics" / cluster / "day.om"
            path.parent.mkdir(parents=True)
            path.write_text("\n".join(exposition(cluster, self.nodes, self.pods)) + "\n# EOF\n")
        audit = folder / "audit.yaml"
        audit.write_text(yaml.safe_dump(self._audit(clusters), sort_keys=False))
        return audit

    def _audit(self, clusters: list[str]) -> dict[str, Any]:
        kinds = {pod.namespace: "inference" if pod.tokens else "batch" for pod in self.pods}
        return {
            "version": 1,
            "audit": {"name": "oracles", "window": {"days": 3, "end": DAY + timedelta(days=1)}},
            "sources": {
                "billing": [
                    {"name": "focus", "kind": "focus", "uri": "focus/"},
                    {"name": "owned", "kind": "focus", "uri": "owned/", "as": "on_prem"},
                    {"name": "rented", "kind": "on_prem", "uri": "on_prem.yaml"},
                    {"name": "cur", "kind": "aws_cur", "uri": "cur/"},
                ],
                "metrics": [{"name": name, "kind": "openmetrics", "uri": f"metrics/{name}/", "cluster": name} for name in clusters],
                "incidents": [],
                "manifests": [],
            },
            "scope": {"services": [{"name": "examples", "workloads": [_workload(name, kind) for name, kind in kinds.items()]}]},
            "documents": {"pdf": False},
        }


def _workload(name: str, kind: str) -> dict[str, Any]:
    """OpenCost's own ratio of an output to an input token, where no time is measured."""
    profile = {"reference_profile": {"output_price_ratio": 2.5}} if kind == "inference" else {}
    return {"name": name, "kind": kind, "match": {"namespace": name}, **profile}


def focus_charge(resource: str, effective: float, **more: Any) -> dict[str, Any]:
    """A charge for a day of a GPU machine."""
    start = datetime.combine(DAY, datetime.min.time(), UTC)
    return {
        "BilledCost": effective,
        "EffectiveCost": effective,
        "ListCost": effective,
        "ContractedCost": effective,
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargePeriodStart": start.isoformat(),
        "ChargePeriodEnd": (start + timedelta(days=1)).isoformat(),
        "CommitmentDiscountId": "",
        "CommitmentDiscountStatus": "",
        "ConsumedQuantity": 24,
        "ConsumedUnit": "Hours",
        "PricingCategory": "Standard",
        "ProviderName": "cloud",
        "ResourceId": resource,
        "ResourceName": resource,
        "ServiceCategory": "Compute",
        "SkuPriceDetails": "",
    } | more


def machine(gpus: int) -> str:
    """SkuPriceDetails of a machine with so many GPUs."""
    return json.dumps({"GpuCount": str(gpus), "InstanceType": f"example-{gpus}"})


def node_charge(node: Node) -> dict[str, Any]:
    """A node's charge for the day; without a GPU count when the bill does not say it."""
    details = machine(node.billed_gpus) if node.billed_gpus is not None else ""
    return focus_charge(node.name, node.cost, SkuPriceDetails=details)


def exposition(cluster: str, nodes: list[Node], pods: list[Pod]) -> Iterator[str]:
    """OpenMetrics of a cluster's day, each family together."""
    rows = [row for node in nodes if node.cluster == cluster for row in _node_rows(node)]
    rows += [row for pod in pods if pod.node.cluster == cluster for row in _pod_rows(pod)]
    begin = int(datetime.combine(DAY, datetime.min.time(), UTC).timestamp())
    steps = range(0, 86_400, STEP_SECONDS)
    for name, family in groupby(sorted(rows), key=lambda row: row[0]):
        counter = name in TOKENS + SECONDS
        yield f"# TYPE {name.removesuffix('_total').removesuffix('_sum')} {_kind(name)}"
        for _, labels, value in family:
            for step in steps:
                now = value * step / steps[-1] if counter else value
                yield f"{name}{{{labels}}} {now!r} {begin + step}"


def _kind(name: str) -> str:
    return "counter" if name in TOKENS else "histogram" if name in SECONDS else "gauge"


Row = tuple[str, str, float]


def _labels(**labels: object) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _node_rows(node: Node) -> Iterator[Row]:
    yield "kube_node_info", _labels(node=node.name), 1
    names = {f"label_{name}": value for name, value in node.labels.items()}
    yield "kube_node_labels", _labels(node=node.name, **names), 1
    amounts = {"cpu": node.cores, "memory": node.gib * GIB, **node.allocatable}
    for resource, amount in amounts.items():
        yield "kube_node_status_allocatable", _labels(node=node.name, resource=resource), float(amount)


def _pod_rows(pod: Pod) -> Iterator[Row]:
    place = {"namespace": pod.namespace, "pod": pod.name}
    node = pod.node.name
    yield "kube_pod_info", _labels(**place, node=node), 1
    yield "kube_pod_status_phase", _labels(**place, phase="Running"), 1
    for number, (cores, gib) in enumerate(pod.containers):
        inside = {**place, "container": f"c{number}", "node": node}
        yield "kube_pod_container_resource_requests", _labels(**inside, resource="cpu"), float(cores)
        yield "kube_pod_container_resource_requests", _labels(**inside, resource="memory"), gib * GIB
    if pod.gpus:
        inside = {**place, "container": "c0", "node": node}
        yield "kube_pod_container_resource_requests", _labels(**inside, resource=pod.gpu_resource), float(pod.gpus)
    for gpu, active in enumerate(pod.active):
        where = {"Hostname": node, "gpu": f"{pod.name}-{gpu}", "UUID": f"GPU-{pod.name}-{gpu}"}
        yield "DCGM_FI_PROF_SM_ACTIVE", _labels(**where, **place), active
    if pod.used_gib is not None:
        yield "container_memory_working_set_bytes", _labels(**place, container="c0"), pod.used_gib * GIB
    for name, count in zip(TOKENS + SECONDS, (*(pod.tokens or ()), *(pod.seconds or ())), strict=False):
        yield name, _labels(**place), count


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
