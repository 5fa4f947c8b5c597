"""The machines of the estate: 24 GPU nodes in two clusters, and who sells them.

What does not belong here: prices (prices.py) and what runs on the nodes (placement.py).
"""

import random
from dataclasses import dataclass

from audit_assets.demo.targets import NODES_WITHOUT_EXPORTER

CLOUD, ON_PREM = "prod-eu", "dc1"
SECOND_COMMITMENT_DAY = 36  # two more reserved H100 nodes
SPOT_GROWTH_DAY = 45  # two more spot nodes


@dataclass(frozen=True)
class Machine:
    """A machine type. `memory_mib` is the framebuffer of one GPU."""

    instance_type: str
    gpu_model: str
    gpus: int
    vcpu: int
    memory_gib: int
    memory_mib: int


H100 = Machine("p5.48xlarge", "NVIDIA H100 80GB HBM3", 8, 192, 2048, 81559)
A100 = Machine("p4d.24xlarge", "NVIDIA A100-SXM4-40GB", 8, 96, 1152, 40960)
A10G = Machine("nimbus-a10g-4x", "NVIDIA A10G", 4, 48, 192, 23028)
DGX = Machine("dgx-a100-320gb", "NVIDIA A100-SXM4-40GB", 8, 256, 1024, 40960)


@dataclass(frozen=True)
class Node:
    """A GPU node. `first_day` is the day it joins; `price_class` as in the bill; `exporter` whether DCGM is scraped."""

    name: str
    cluster: str
    machine: Machine
    provider: str
    price_class: str
    resource_id: str
    region: str
    zone: str
    first_day: int = 1
    exporter: bool = True
    commitment: str | None = None

    @property
    def provider_id(self) -> str:
        """What kube_node_info says."""
        prefix = {"aws": f"aws:///{self.zone}/", "nimbus": f"nimbus://{self.region}/"}.get(self.provider, "metal://")
        return prefix + self.resource_id


def fleet(seed: int, control: bool) -> tuple[Node, ...]:
    """The 24 nodes. Instance ids differ by seed; names, sizes and joining days do not. In a control estate all join on day 1."""
    rng = random.Random(f"fleet-{seed}")
    nodes = [
        *(_aws(rng, f"h100-{i:02}", H100, "committed", i, _join(i > 4, SECOND_COMMITMENT_DAY, control)) for i in range(1, 7)),
        *(_aws(rng, f"a100-{i:02}", A100, "committed", i) for i in (1, 2)),
        *(_on_prem(f"a100-{i:02}") for i in (3, 4)),
        *(_aws(rng, f"a100-{i:02}", A100, "on_demand", i, exporter=control) for i in (5, 6, 7, 8)),
        *(_nimbus(rng, f"a10g-{i:02}", i) for i in range(1, 7)),
        *(_aws(rng, f"spot-{i:02}", A100, "spot", i, _join(i > 2, SPOT_GROWTH_DAY, control)) for i in range(1, 5)),
    ]
    return tuple(nodes)


def _join(late: bool, day: int, control: bool) -> int:
    return day if late and not control else 1


def _aws(rng: random.Random, name: str, machine: Machine, price_class: str, index: int, first_day: int = 1, exporter: bool = True) -> Node:
    commitment = None
    if price_class == "committed":
        commitment = "a100" if machine is A100 else "h100-second" if index > 4 else "h100-first"
    return Node(
        name=name,
        cluster=CLOUD,
        machine=machine,
        provider="aws",
        price_class=price_class,
        resource_id=f"i-{rng.getrandbits(68):017x}",
        region="eu-west-1",
        zone=f"eu-west-1{'abc'[index % 3]}",
        first_day=first_day,
        exporter=exporter or name not in NODES_WITHOUT_EXPORTER,
        commitment=commitment,
    )


def _nimbus(rng: random.Random, name: str, index: int) -> Node:
    resource = f"gpu-{rng.getrandbits(40):010x}"
    return Node(name, CLOUD, A10G, "nimbus", "on_demand", resource, "eu-north", f"eu-north-{index % 2 + 1}")


def _on_prem(name: str) -> Node:
    return Node(name, ON_PREM, DGX, "on_prem", "on_prem", name, "dc1", f"dc1-rack-{name[-1]}")
