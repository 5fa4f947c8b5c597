"""How busy GPUs are: GPU_UTIL and SM_ACTIVE by workload and hour of the day, and which GPUs run out of memory or get hot.

SM_ACTIVE of the training workloads is the free quantity: it is solved so that allocated idle has its planted share.
Shapes over the day add up to zero, so the day's mean is exactly the level.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from audit_assets.demo import targets
from audit_assets.demo.bill import Bill
from audit_assets.demo.clock import HOURS, day_of, hour_of
from audit_assets.demo.placement import Pod
from audit_assets.demo.prices import CREDIT_DAY, CREDIT_NODE

Hours = NDArray[np.float64]
FLAT = np.zeros(24)
WAVE = np.array([-4, -4, -3, -3, -3, -2, -1, 0, 1, 2, 3, 4, 4, 4, 3, 3, 2, 2, 1, 1, 0, -2, -4, -4.0])
RIPPLE = np.array([-2, -1, 0, 1, 2, 1, 0, -1] * 3, dtype=float)
SATURATED = np.array([97 if 9 <= hour < 15 else 27 if 15 <= hour < 21 else 26 for hour in range(24)], dtype=float)
LOPSIDED_BUSY = (98, 98, 98, 97, 97)  # percent; with three GPUs at 0 the node's mean is 61


@dataclass(frozen=True)
class Level:
    """Mean utilisation (percent) and SM activity (share) of a workload's GPUs; `memory` is the framebuffer share in use."""

    util: int
    sm_active: float
    memory: float
    wave: bool = False  # follows the hours of the day


LEVELS = {
    "chat-llm": Level(targets.CHAT_GPU_UTIL, targets.CHAT_SM_ACTIVE, 0.88, wave=True),
    "chat-embed": Level(90, 0.80, 0.55, wave=True),
    "chat-rerank": Level(46, 0.32, 0.48),
    "search-embed": Level(95, 0.84, 0.66),
    "search-query": Level(targets.SATURATED_MEAN, 0.40, 0.72),
    "fraud-train": Level(94, 0.82, 0.84),
    "fraud-score": Level(72, 0.60, 0.42, wave=True),
    "docs-summarise": Level(84, 0.70, 0.86, wave=True),
    "docs-batch": Level(88, 0.74, 0.80),
    "research-exp": Level(91, 0.77, 0.78),
    "": Level(0, 0.0, 0.21),
}
CONTROL_LEVELS = {name: Level(84, 0.78, 0.70) for name in [*LEVELS, "chat-guard"]}
SOLVED = ("search-embed", "fraud-train", "research-exp")


@dataclass(frozen=True)
class Window:
    """A GPU beyond a limit for some hours, from `start` (hour index)."""

    node: str
    gpu: int
    start: int
    hours: int = 2

    def holds(self, hour: int) -> bool:
        """Whether it is beyond the limit in this hour."""
        return self.start <= hour < self.start + self.hours


def levels(bill: Bill) -> dict[str, Level]:
    """Levels by workload, with SM_ACTIVE of the training workloads moved by what the planted idle share asks for."""
    if bill.blueprint.control:
        return CONTROL_LEVELS
    cost = {name: 0.0 for name in LEVELS}
    for pod in bill.blueprint.pods:
        if pod.node and pod.gpus and bill.blueprint.node[pod.node].exporter:
            cost[pod.workload] += allocated_cost(bill, pod)
    wanted = targets.ALLOCATED_IDLE_SHARE * float(targets.TOTAL_SPEND)
    idle = sum(amount * (1 - LEVELS[name].sm_active) for name, amount in cost.items())
    shift = (idle - wanted) / sum(cost[name] for name in SOLVED)
    assert abs(shift) < 0.09, f"SM_ACTIVE of {SOLVED} would have to move by {shift}"
    moved = {name: _moved(LEVELS[name], shift) for name in SOLVED}
    return LEVELS | moved


def _moved(level: Level, shift: float) -> Level:
    return Level(level.util, round(level.sm_active + shift, 4), level.memory, level.wave)


def allocated_cost(bill: Bill, pod: Pod) -> float:
    """USD of the GPUs that a pod holds, on billed days."""
    assert pod.node
    node = bill.blueprint.node[pod.node]
    share = Decimal(len(pod.gpus)) / node.machine.gpus
    whole_bill = node.provider != "aws" or bill.blueprint.control
    hours = pod.end - pod.start
    if not whole_bill:
        hours = sum(1 for hour in range(pod.start, pod.end) if bill.has_cloud_bill(day_of(hour)))
    credit = bill.make.credit()["EffectiveCost"] if pod.node == CREDIT_NODE and pod.start <= hour_of(CREDIT_DAY) else 0
    return float((bill.make.hourly_price(node) * hours + credit) * share)


def util_shape(pod: Pod, gpu: int, level: Level, offset: int, control: bool) -> Hours:
    """GPU_UTIL in percent for the 24 hours of a day in which the pod holds the GPU throughout."""
    if pod.workload == "search-query" and not control:
        return SATURATED
    if pod.node == targets.LOPSIDED_NODE and not control:
        return FLAT + (LOPSIDED_BUSY[gpu] if pod.workload else 0)
    return level.util + _shape(level, offset) if level.util else FLAT


def sm_shape(pod: Pod, level: Level, offset: int, control: bool) -> Hours:
    """SM_ACTIVE as a share for the 24 hours of a day."""
    if pod.workload == "search-query" and not control:
        busy: Hours = SATURATED * (level.sm_active / SATURATED.mean())
        return busy
    return level.sm_active + _shape(level, offset) * 0.01 if level.sm_active else FLAT


def _shape(level: Level, offset: int) -> Hours:
    shape: Hours = WAVE if level.wave else np.roll(RIPPLE, offset)
    return shape


assert WAVE.sum() == RIPPLE.sum() == 0, "the shape over a day must add up to zero"
assert SATURATED.mean() == targets.SATURATED_MEAN
assert sum(LOPSIDED_BUSY) == 8 * targets.LOPSIDED_MEAN
assert HOURS % 24 == 0
