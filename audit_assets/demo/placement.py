"""Which pod holds which GPUs, from hour to hour.

Everything starts and ends on whole hours, so that allocation is exact at any scrape interval. The weekend backfill of
search-embed is the free quantity: prices.py says for how many hours it must hold the training nodes.
"""

import random
from dataclasses import dataclass, field, replace

from audit_assets.demo.clock import DAYS, HOURS, day_of, hour_of
from audit_assets.demo.fleet import CLOUD, ON_PREM, SECOND_COMMITMENT_DAY
from audit_assets.demo.targets import PENDING_POD_HOURS

TRAINING_HOURS = 96  # Monday 02:00 to Friday 02:00
TRAINING_NODES = ("h100-01", "h100-02", "h100-03")
MONDAYS = range(0, DAYS + 1, 7)  # day 0 is the Monday before the window, which starts on a Tuesday
SATURDAYS = range(5, DAYS + 1, 7)
THIRD_SPOT_DAY = 64  # research starts to use the third spot node
PENDING_FROM = hour_of(SECOND_COMMITMENT_DAY + 1, 8)
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Pod:
    """A pod and the hours [start, end) in which it exists. `node` is None while it waits to be scheduled."""

    name: str
    namespace: str
    workload: str
    owner_kind: str
    owner_name: str
    node: str | None
    gpus: tuple[int, ...]
    start: int = 0
    end: int = HOURS
    labels: dict[str, str] = field(default_factory=dict)
    container: str = "server"
    cluster: str = CLOUD
    gpus_requested: int = 0
    cpu_requested: float = 0.0
    memory_requested_gib: int = 0


@dataclass
class _Names:
    """Deterministic pod names by seed."""

    rng: random.Random

    def suffix(self, length: int = 5) -> str:
        return "".join(self.rng.choice(ALPHABET) for _ in range(length))

    def replica_set(self, name: str) -> str:
        return f"{name}-{self.suffix(10)}"


def placement(seed: int, control: bool, backfill_hours: int = 0) -> tuple[Pod, ...]:
    """Every pod of the window. `backfill_hours`: hours for which the weekend backfill holds the training nodes."""
    names = _Names(random.Random(f"placement-{seed}"))
    pods = [*_serving(names, control), *_training(names, control), *_system(names, control)]
    if not control:
        pods += [*_backfill(names, backfill_hours), *_notebook(names), _pending(names)]
    return tuple(_requesting(pod) for pod in pods)


def _requesting(pod: Pod) -> Pod:
    gpus = pod.gpus_requested or len(pod.gpus)
    if not gpus:
        return pod
    return replace(pod, gpus_requested=gpus, cpu_requested=8.0 * gpus, memory_requested_gib=40 * gpus)


def _serving(names: _Names, control: bool) -> list[Pod]:
    pods = [
        *_deployment(names, "chat", "chat-llm", [("h100-04", 0, 4), ("h100-04", 4, 8)], tenants=("consumer", "enterprise")),
        *_deployment(names, "chat", "chat-embed", [("a100-01", i, i + 1) for i in range(8)]),
        *_deployment(names, "search", "search-query", [("a100-06", i, i + 2) for i in range(0, 8, 2)]),
        *_deployment(names, "search", "search-embed", [("a100-02", 0, 4), ("a100-02", 4, 8)]),
        *_deployment(names, "fraud", "fraud-score", [(f"a100-{n:02}", i, i + 4) for n in (3, 4) for i in (0, 4)], cluster=ON_PREM),
        *_deployment(names, "docs", "docs-summarise", [(f"a10g-{i:02}", 0, 4) for i in range(1, 6)]),
        *_deployment(names, "docs", "docs-batch", [(f"a100-{n:02}", i, i + 4) for n in (7, 8) for i in (0, 4)]),
    ]
    return pods + (_serving_control(names) if control else _serving_planted(names))


def _serving_planted(names: _Names) -> list[Pod]:
    late = hour_of(SECOND_COMMITMENT_DAY)
    return [
        *_deployment(names, "chat", "chat-embed", [("a100-05", i, i + 1) for i in range(5)]),
        *_deployment(names, "chat", "chat-embed", [("a10g-06", i, i + 1) for i in range(1, 4)]),
        *_deployment(names, "chat", "chat-rerank", [("a10g-06", 0, 1)]),
        *_deployment(names, "search", "search-embed", [("h100-05", 0, 4), ("h100-05", 4, 8)], start=late),
    ]


def _serving_control(names: _Names) -> list[Pod]:
    return [
        *_deployment(names, "chat", "chat-embed", [("a100-05", i, i + 1) for i in range(8)]),
        *_deployment(names, "chat", "chat-rerank", [("a10g-06", 0, 1), ("a10g-06", 1, 2)]),
        *_deployment(names, "chat", "chat-guard", [("a10g-06", 2, 3), ("a10g-06", 3, 4)]),
        *_deployment(names, "search", "search-embed", [(f"h100-{n:02}", i, i + 4) for n in (5, 6) for i in (0, 4)]),
    ]


def _deployment(
    names: _Names,
    namespace: str,
    name: str,
    slots: list[tuple[str, int, int]],
    start: int = 0,
    cluster: str = CLOUD,
    tenants: tuple[str, ...] = (),
) -> list[Pod]:
    owner = names.replica_set(name)
    pods = []
    for position, (node, first, last) in enumerate(slots):
        labels = {"app": name, "team": f"team-{namespace}"}
        if tenants:
            labels["tenant"] = tenants[position % len(tenants)]
        pods.append(
            Pod(
                name=f"{owner}-{names.suffix()}",
                namespace=namespace,
                workload=name,
                owner_kind="ReplicaSet",
                owner_name=owner,
                node=node,
                gpus=tuple(range(first, last)),
                start=start,
                labels=labels,
                cluster=cluster,
            )
        )
    return pods


def _training(names: _Names, control: bool) -> list[Pod]:
    spot = [("spot-01", 1), ("spot-02", 1), ("spot-03", 1 if control else THIRD_SPOT_DAY)]
    spot += [("spot-04", 1)] if control else []
    research = [
        _job(names, "research", "research-exp", f"research-exp-{i}", node, hour_of(day), HOURS) for i, (node, day) in enumerate(spot)
    ]
    hours = 7 * 24 if control else TRAINING_HOURS
    return [*research, *(pod for week, day in enumerate(MONDAYS) for pod in _training_week(names, week, day, hours))]


def _training_week(names: _Names, week: int, day: int, hours: int) -> list[Pod]:
    start = hour_of(day, 2)
    owner = f"fraud-train-{29_300_000 + week * 10_080}"
    pods = [_job(names, "fraud", "fraud-train", owner, node, max(start, 0), min(start + hours, HOURS)) for node in TRAINING_NODES]
    return [pod for pod in pods if pod.start < pod.end]


def training_start(pod: Pod) -> int:
    """The hour at which the job of a fraud-train pod started; before the window for the first one."""
    week = (int(pod.owner_name.rsplit("-", 1)[1]) - 29_300_000) // 10_080
    return hour_of(MONDAYS[week], 2)


def _job(names: _Names, namespace: str, workload: str, owner: str, node: str | None, start: int, end: int) -> Pod:
    return Pod(
        name=f"{owner}-{names.suffix()}",
        namespace=namespace,
        workload=workload,
        owner_kind="Job",
        owner_name=owner,
        node=node,
        gpus=tuple(range(8)) if node else (),
        start=start,
        end=end,
        labels={"app": workload, "team": f"team-{namespace}", "job_name": owner},
        container="trainer",
        gpus_requested=8,
    )


def _backfill(names: _Names, total_hours: int) -> list[Pod]:
    """Spread `total_hours` over the weekends as evenly as whole hours allow, from Saturday midnight on."""
    pods = []
    for index, day in enumerate(SATURDAYS):
        hours = total_hours * (index + 1) // len(SATURDAYS) - total_hours * index // len(SATURDAYS)
        owner, start = f"search-embed-backfill-{index + 1:02}", hour_of(day)
        pods += [_job(names, "search", "search-embed", owner, node, start, start + hours) for node in TRAINING_NODES]
    return pods


def _notebook(names: _Names) -> list[Pod]:
    who = names.suffix(3)
    return [
        Pod(
            name=f"notebook-{who}-0",
            namespace="research",
            workload="",
            owner_kind="StatefulSet",
            owner_name=f"notebook-{who}",
            node="a100-05",
            gpus=(5, 6, 7),
            labels={"app": "notebook", "team": "team-research"},
            container="jupyter",
        )
    ]


def _pending(names: _Names) -> Pod:
    pod = _job(names, "fraud", "fraud-train", "fraud-train-backfill", None, PENDING_FROM, PENDING_FROM + PENDING_POD_HOURS)
    return replace(pod, labels={**pod.labels, "job_name": "fraud-train-backfill"})


def _system(names: _Names, control: bool) -> list[Pod]:
    """Pods without GPUs. The planted vector database sits in one zone."""
    zones = 3 if control else 1
    pods = [
        *_deployment(names, "kube-system", "coredns", [("cpu-01", 0, 0), ("cpu-02", 0, 0)]),
        *_deployment(names, "edge", "gateway", [("cpu-01", 0, 0), ("cpu-03", 0, 0)]),
        *_deployment(names, "kube-system", "coredns", [("cpu-11", 0, 0), ("cpu-12", 0, 0)], cluster=ON_PREM),
    ]
    for index in range(3):
        labels = {"app": "vector-db", "team": "team-search"}
        node = f"cpu-{index % zones + 1:02}"
        pods.append(Pod(f"vector-db-{index}", "search", "", "StatefulSet", "vector-db", node, (), labels=labels, container="qdrant"))
    return [replace(pod, workload="", cpu_requested=2.0, memory_requested_gib=4) for pod in pods]


def billed_gpu_hours(pods: tuple[Pod, ...], workload: str, node_prefix: str, missing_days: tuple[int, ...]) -> int:
    """GPU-hours that `workload` holds on nodes with this prefix, on days that have a bill."""
    hours = 0
    for pod in pods:
        if pod.workload == workload and pod.node and pod.node.startswith(node_prefix):
            hours += len(pod.gpus) * sum(1 for hour in range(pod.start, pod.end) if day_of(hour) not in missing_days)
    return hours
