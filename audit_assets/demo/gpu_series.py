"""DCGM samples of a day: what each GPU did while which pod held it.

A GPU that changes hands starts a new series, as it does with the real exporter. Noise inside an hour adds up to zero, so the
mean of every hour is what activity.py says.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit_assets.demo.activity import FLAT, Level, Window, sm_shape, util_shape
from audit_assets.demo.blueprint import Blueprint
from audit_assets.demo.exposition import Exposition, Grid, Ints, decimals, series, whole
from audit_assets.demo.fleet import Node
from audit_assets.demo.placement import Pod

Floats = NDArray[np.float64]
HOUR = 3600
FULL_SHARE, HOT_CELSIUS = 0.972, 91  # in the planted windows
IDLE_WATTS = {"NVIDIA H100 80GB HBM3": (72, 610), "NVIDIA A100-SXM4-40GB": (56, 330), "NVIDIA A10G": (24, 190)}  # idle, busy extra


@dataclass(frozen=True)
class Segment:
    """A GPU in the hands of one pod (or of none) for hours [start, end) of the window, inside one day."""

    node: Node
    gpu: int
    pod: Pod | None
    start: int
    end: int


@dataclass(frozen=True)
class Gpus:
    """The GPUs of one cluster on one day, ready to be sampled."""

    blueprint: Blueprint
    levels: dict[str, Level]
    full: tuple[Window, ...]
    hot: tuple[Window, ...]
    cluster: str
    day: int

    @cached_property
    def segments(self) -> list[Segment]:
        """Who holds which GPU when, by node and GPU."""
        found = []
        for node in self.blueprint.nodes:
            if node.cluster == self.cluster and node.exporter and node.first_day <= self.day:
                pods = sorted((p for p in self.blueprint.pods if p.node == node.name), key=lambda pod: pod.start)
                found += [s for gpu in range(node.machine.gpus) for s in _segments(node, gpu, pods, self.day)]
        return found

    def write(self, out: Exposition, activity: Grid, health: Grid) -> None:
        """All DCGM families of the day."""
        labels = [_labels(self.blueprint.seed, segment) for segment in self.segments]
        sampled = _Sampled.of(self.segments, activity)
        util, sm_active = self._activity(sampled, activity)
        sampled.write(out, "DCGM_FI_DEV_GPU_UTIL", labels, whole(util))
        sampled.write(out, "DCGM_FI_PROF_SM_ACTIVE", labels, decimals(sm_active, 4))
        self._write_health(out, _Sampled.of(self.segments, health), labels, health)

    def _activity(self, sampled: "_Sampled", grid: Grid) -> tuple[Floats, Floats]:
        hours = grid.seconds // HOUR
        per_hour = HOUR // grid.step
        jitter = np.where(np.arange(len(hours)) % 2 == 0, 1.0, -1.0) * (per_hour % 2 == 0)
        utils, sms = [], []
        for segment, index in zip(self.segments, sampled.index, strict=True):
            util, sm_active, noisy = self._shapes(segment)
            utils.append(util[hours[index]] + jitter[index] * noisy)
            sms.append(sm_active[hours[index]] + jitter[index] * noisy * 0.01)
        return np.concatenate(utils), np.concatenate(sms)

    def _shapes(self, segment: Segment) -> tuple[Floats, Floats, bool]:
        pod = segment.pod
        if pod is None or not pod.workload:
            return FLAT, FLAT, False
        level = self.levels[pod.workload]
        if segment.end - segment.start < 24:
            return FLAT + level.util, FLAT + level.sm_active, True
        offset = (segment.gpu * 5 + self.day * 7 + self.blueprint.seed) % 24
        control = self.blueprint.control
        util = util_shape(pod, segment.gpu, level, offset, control)
        exact = not control and (pod.workload == "search-query" or pod.node == "a100-05")
        return util, sm_shape(pod, level, offset, control), not exact

    def _write_health(self, out: Exposition, sampled: "_Sampled", labels: list[dict[str, str]], grid: Grid) -> None:
        hours = grid.seconds // HOUR
        used, free, watts, celsius = [], [], [], []
        for segment, index in zip(self.segments, sampled.index, strict=True):
            util = self._shapes(segment)[0][hours[index]]
            share = self._memory_share(segment, hours[index])
            total = segment.node.machine.memory_mib
            used.append(np.rint(share * total))
            free.append(total - used[-1])
            idle, extra = IDLE_WATTS[segment.node.machine.gpu_model]
            watts.append(idle + util / 100 * extra)
            celsius.append(np.where(self._within(self.hot, segment, hours[index]), HOT_CELSIUS, 31 + np.rint(util * 0.37)))
        sampled.write(out, "DCGM_FI_DEV_FB_USED", labels, whole(np.concatenate(used)))
        sampled.write(out, "DCGM_FI_DEV_FB_FREE", labels, whole(np.concatenate(free)))
        sampled.write(out, "DCGM_FI_DEV_GPU_TEMP", labels, whole(np.concatenate(celsius)))
        sampled.write(out, "DCGM_FI_DEV_POWER_USAGE", labels, decimals(np.concatenate(watts), 1))
        sampled.write(out, "DCGM_FI_DEV_XID_ERRORS", labels, whole(np.zeros(len(sampled.times))))

    def _memory_share(self, segment: Segment, hours: Ints) -> Floats:
        if segment.pod is None:
            return np.full(len(hours), 0.0004)
        base = self.levels[segment.pod.workload].memory + 0.002 * (segment.gpu % 4)
        return np.where(self._within(self.full, segment, hours), FULL_SHARE, base + 0.001 * (hours % 5))

    def _within(self, windows: tuple[Window, ...], segment: Segment, hours: Ints) -> NDArray[np.bool_]:
        inside = np.zeros(len(hours), dtype=bool)
        for window in windows:
            if (window.node, window.gpu) == (segment.node.name, segment.gpu):
                first = window.start - (self.day - 1) * 24
                inside |= (hours >= first) & (hours < first + window.hours)
        return inside


@dataclass(frozen=True)
class _Sampled:
    """The scrapes of every segment: indices into the grid, and flattened series numbers and times."""

    index: list[Ints]
    which: Ints
    times: Ints

    @classmethod
    def of(cls, segments: list[Segment], grid: Grid) -> "_Sampled":
        index = [grid.between(segment.start * HOUR, segment.end * HOUR) for segment in segments]
        which = np.repeat(np.arange(len(segments)), [len(span) for span in index])
        return cls(index, which, grid.first_second + grid.seconds[np.concatenate(index)])

    def write(self, out: Exposition, name: str, labels: list[dict[str, str]], values: pa.Array) -> None:
        out.family(name, "gauge")
        out.lines([series(name, each) for each in labels], self.which, values, self.times)


def _segments(node: Node, gpu: int, pods: list[Pod], day: int) -> list[Segment]:
    cursor, last = (day - 1) * 24, day * 24
    found = []
    for pod in pods:
        start, end = max(pod.start, cursor), min(pod.end, last)
        if gpu not in pod.gpus or start >= end:
            continue
        if start > cursor:
            found.append(Segment(node, gpu, None, cursor, start))
        found.append(Segment(node, gpu, pod, start, end))
        cursor = end
    return [*found, Segment(node, gpu, None, cursor, last)] if cursor < last else found


def _labels(seed: int, segment: Segment) -> dict[str, str]:
    digest = hashlib.sha256(f"{seed}/{segment.node.name}/{segment.gpu}".encode()).hexdigest()
    uuid = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    labels = {
        "gpu": str(segment.gpu),
        "UUID": f"GPU-{uuid}",
        "device": f"nvidia{segment.gpu}",
        "modelName": segment.node.machine.gpu_model,
        "Hostname": segment.node.name,
    }
    pod = segment.pod
    return labels if pod is None else labels | {"container": pod.container, "namespace": pod.namespace, "pod": pod.name}
