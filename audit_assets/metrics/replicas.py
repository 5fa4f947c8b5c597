"""Two replicas of one Prometheus write every series twice, told apart by a label; of each series the fuller replica counts.

Samples are never mixed: two clocks a few milliseconds apart would make counters fall, and a fall is read as a reset. All buckets of a
histogram come from one replica, for the same reason. What does not belong here: two sources of one cluster (int_metrics__repeated_series).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

import pyarrow as pa

# `prometheus` and `prometheus_replica` are the Prometheus operator's external labels, `__replica__` is that of Cortex and Mimir
REPLICA_LABELS = ("prometheus", "prometheus_replica", "__replica__")
SOMETIMES = "replica"  # Thanos' documentation calls it so, and so does Ray Serve its own replicas
_RAYS_OWN = "ray_"
Labels = dict[str, str]
Replica = tuple[str, ...]
Thing = TypeVar("Thing")


def counted(series: pa.Table) -> pa.Table:
    """The series of a day (in the schema of `series`) that count: of those that differ in replica labels only, the one with most samples.

    Equals are settled by the replica's name, so that all metrics of a target come from one replica.
    """
    metrics: list[str] = series["metric"].to_pylist()
    labels = [dict(own) for own in series["labels"].to_pylist()]
    names = _replica_labels(metrics, labels)
    if not any(name in own for own in labels for name in names):
        return series
    things = [_thing(metric, own, names) for metric, own in zip(metrics, labels, strict=True)]
    replicas = [() if _is_rays(metric) else tuple(own.get(name, "") for name in names) for metric, own in zip(metrics, labels, strict=True)]
    chosen = _fullest(zip(things, replicas, series["samples"].to_pylist(), strict=True))
    return series.filter(pa.array([chosen[thing] == replica for thing, replica in zip(things, replicas, strict=True)], pa.bool_()))


def _replica_labels(metrics: Sequence[str], labels: Sequence[Labels]) -> tuple[str, ...]:
    """`replica` is an external label only where all series have it; Prometheus never writes one over a label of the metric's own."""
    others = [own for metric, own in zip(metrics, labels, strict=True) if not _is_rays(metric)]
    external = bool(others) and all(SOMETIMES in own for own in others)
    return (*REPLICA_LABELS, SOMETIMES) if external else REPLICA_LABELS


def _is_rays(metric: str) -> bool:
    return metric.startswith(_RAYS_OWN)


def _thing(metric: str, labels: Labels, names: tuple[str, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a series measures, whoever scraped it; the buckets of a histogram are one thing."""
    left_out = {*(() if _is_rays(metric) else names), *(("le",) if metric.endswith("_bucket") else ())}
    return metric, tuple(sorted((key, value) for key, value in labels.items() if key not in left_out))


def _fullest(rows: Iterable[tuple[Thing, Replica, int]]) -> dict[Thing, Replica]:
    samples: dict[Thing, dict[Replica, int]] = defaultdict(lambda: defaultdict(int))
    for thing, replica, number in rows:
        samples[thing][replica] += number
    return {thing: min(held, key=lambda one: (-held[one], one)) for thing, held in samples.items()}
