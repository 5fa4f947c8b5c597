"""Metric tables: samples as scraped, and the rollups of one day.

Rollups say how much of the day they saw: `samples` counts what was there, `coverage` is samples / expected at that day's interval.
"""

import pyarrow as pa

from audit_assets.tables import TEXT_MAP, TIMESTAMP, Column, Table

TEXT, NUMBER, COUNT = pa.string(), pa.float64(), pa.int64()
SERIES_ID = pa.uint64()

_CLUSTER = (Column("source", TEXT, "name of the metric source"), Column("cluster", TEXT, "cluster of the source"))
_SERIES = (Column("series_id", SERIES_ID, "hash of cluster, metric name and sorted labels; stable between days"),)
_POD = (
    Column("namespace", TEXT, "namespace of the pod the series is about (exported_namespace before namespace)"),
    Column("pod", TEXT, "pod the series is about (exported_pod before pod); null when none"),
)
_COVERAGE = (
    Column("samples", COUNT, "samples seen"),
    Column("coverage", NUMBER, "samples / expected at the series' median interval that day, at most 1"),
)

SAMPLES = Table(
    name="samples",
    kind="metrics",
    description="One row a sample, sorted by series and time; staleness markers dropped, equal (series, ts) kept once.",
    columns=(
        *_SERIES,
        Column("ts", TIMESTAMP, "UTC"),
        Column("value", NUMBER, "sample value"),
    ),
)

SERIES = Table(
    name="series",
    kind="metrics",
    description="One row a series seen that day.",
    columns=(
        *_CLUSTER,
        *_SERIES,
        Column("metric", TEXT, "sample name, with _bucket, _count, _sum or _total where it has one"),
        Column("metric_type", TEXT, "counter, gauge, histogram, summary, info or unknown"),
        Column("labels", TEXT_MAP, "labels without __name__"),
        *_POD,
        Column("first_ts", TIMESTAMP, "first sample that day"),
        Column("last_ts", TIMESTAMP, "last sample that day"),
        Column("first_value", NUMBER, "value at first_ts"),
        Column("last_value", NUMBER, "value at last_ts; the next day's increase starts from it"),
        Column("samples", COUNT, "samples that day"),
        Column("interval_seconds", NUMBER, "median distance of samples; null with fewer than two"),
        Column("longest_gap_seconds", NUMBER, "longest distance of two samples that day"),
    ),
)

GPU_HOURLY = Table(
    name="gpu_hourly",
    kind="metrics",
    description="One row a GPU (or MIG slice), pod and hour. A GPU that no pod held has a null pod.",
    columns=(
        *_CLUSTER,
        Column("node", TEXT, "Hostname label"),
        Column("gpu", TEXT, "gpu index label"),
        Column("gpu_uuid", TEXT, "UUID label"),
        Column("gpu_model", TEXT, "modelName label, as the exporter writes it"),
        Column("mig_profile", TEXT, "GPU_I_PROFILE; null for a whole GPU"),
        Column("mig_instance", TEXT, "GPU_I_ID, which tells slices of one GPU apart; null for a whole GPU"),
        *_POD,
        Column("hour", TIMESTAMP, "start of the hour, UTC"),
        Column("sm_active_mean", NUMBER, "mean DCGM_FI_PROF_SM_ACTIVE, share 0..1; null when not scraped"),
        Column("sm_active_max", NUMBER, "max, share 0..1"),
        Column("gpu_util_mean", NUMBER, "mean DCGM_FI_DEV_GPU_UTIL, share 0..1 (the metric is percent)"),
        Column("gpu_util_p95", NUMBER, "95th percentile of its samples in the hour, share 0..1"),
        Column("gpu_util_max", NUMBER, "max, share 0..1"),
        Column("fb_used_mib_mean", NUMBER, "mean framebuffer used, MiB"),
        Column("fb_used_share_max", NUMBER, "max of used / (used + free), share 0..1; null when FB_FREE is not scraped"),
        Column("power_watts_mean", NUMBER, "mean DCGM_FI_DEV_POWER_USAGE, W"),
        Column("gpu_temp_max", NUMBER, "max temperature, °C"),
        Column("xid_last", NUMBER, "last XID code in the hour; 0 none (a gauge of the last code, not a count)"),
        Column("thermal_violation_increase", NUMBER, "increase of DCGM_FI_DEV_THERMAL_VIOLATION, as scraped; null when not scraped"),
        Column("sm_active_samples", COUNT, "samples behind sm_active_mean; 0 when not scraped"),
        Column("gpu_util_samples", COUNT, "samples behind gpu_util_mean; 0 when not scraped"),
        Column("samples", COUNT, "samples of the best sampled metric while this pod held the GPU"),
        Column("coverage", NUMBER, "share of the hour that those samples stand for; a pod's rows of a GPU add up to the GPU's"),
    ),
)

COUNTER_5M = Table(
    name="counter_5m",
    kind="metrics",
    description="Raw increase of a counter in five minutes: positive deltas plus the value after a reset; it belongs to the later sample.",
    columns=(
        *_CLUSTER,
        *_SERIES,
        Column("metric", TEXT, "sample name"),
        *_POD,
        Column("bucket_start", TIMESTAMP, "start of the five minutes, UTC"),
        Column("increase", NUMBER, "increase, in the counter's unit; the first sample ever of a series adds nothing"),
        Column("resets", COUNT, "resets seen"),
        Column("samples", COUNT, "samples seen"),
    ),
)

HISTOGRAM_5M = Table(
    name="histogram_5m",
    kind="metrics",
    description="Increase of classic histogram buckets in five minutes, cumulative in le as in Prometheus.",
    columns=(
        *_CLUSTER,
        Column("histogram_id", SERIES_ID, "hash of the series without le"),
        Column("metric", TEXT, "base name, without _bucket"),
        *_POD,
        Column("labels", TEXT_MAP, "labels without __name__ and le"),
        Column("bucket_start", TIMESTAMP, "start of the five minutes, UTC"),
        Column("le", NUMBER, "upper bound, in the metric's unit; +Inf as infinity"),
        Column("increase", NUMBER, "observations at or below le"),
        Column("resets", COUNT, "resets seen"),
        Column("samples", COUNT, "samples seen"),
    ),
)

GAUGE_HOURLY = Table(
    name="gauge_hourly",
    kind="metrics",
    description="Hourly reduction of every other gauge (queues, KV cache, quotas, …).",
    columns=(
        *_CLUSTER,
        *_SERIES,
        Column("metric", TEXT, "sample name"),
        *_POD,
        Column("hour", TIMESTAMP, "start of the hour, UTC"),
        Column("mean", NUMBER, "mean of samples"),
        Column("min", NUMBER, "minimum"),
        Column("max", NUMBER, "maximum"),
        Column("last", NUMBER, "last sample"),
        *_COVERAGE,
    ),
)

NODE_HOURLY = Table(
    name="node_hourly",
    kind="metrics",
    description="One row a node and hour, from kube-state-metrics.",
    columns=(
        *_CLUSTER,
        Column("node", TEXT, "node name"),
        Column("hour", TIMESTAMP, "start of the hour, UTC"),
        Column("provider_id", TEXT, "provider_id of kube_node_info"),
        Column("resource_id", TEXT, "last part of provider_id: the instance id on the bill; null when unknown"),
        Column("instance_type", TEXT, "label node.kubernetes.io/instance-type"),
        Column("region", TEXT, "label topology.kubernetes.io/region"),
        Column("zone", TEXT, "label topology.kubernetes.io/zone"),
        Column("labels", TEXT_MAP, "kube_node_labels without the label_ prefix"),
        Column("gpus_allocatable", NUMBER, "allocatable GPUs (mean over the hour); MIG slices and time-sliced replicas as fractions"),
        Column("cpu_allocatable", NUMBER, "cores"),
        Column("memory_allocatable_gib", NUMBER, "GiB"),
        Column("cordoned_share", NUMBER, "share of samples with spec.unschedulable"),
        Column("samples", COUNT, "scrapes of kube-state-metrics seen in the hour; shares are of these"),
        Column("coverage", NUMBER, "those scrapes / expected at the median interval that day, at most 1"),
    ),
)

POD_HOURLY = Table(
    name="pod_hourly",
    kind="metrics",
    description="One row a pod and hour, from kube-state-metrics.",
    columns=(
        *_CLUSTER,
        *_POD,
        Column("hour", TIMESTAMP, "start of the hour, UTC"),
        Column("node", TEXT, "node; null while pending"),
        Column("owner_kind", TEXT, "created_by_kind; a ReplicaSet is named as its Deployment"),
        Column("owner_name", TEXT, "created_by_name, without the ReplicaSet's hash"),
        Column("labels", TEXT_MAP, "kube_pod_labels without the label_ prefix; keys as kube-state-metrics writes them"),
        Column("running_share", NUMBER, "share of the hour's scrapes in phase Running, 0..1; null when phases are not scraped"),
        Column("pending_share", NUMBER, "share of the hour's scrapes in phase Pending, 0..1; null when phases are not scraped"),
        Column("gpus_requested", NUMBER, "GPUs requested, MIG slices and time-sliced replicas as fractions; null when not scraped"),
        Column("cpu_requested", NUMBER, "cores"),
        Column("memory_requested_gib", NUMBER, "GiB"),
        Column("restarts_increase", NUMBER, "container restarts in the hour"),
        Column("samples", COUNT, "scrapes of kube-state-metrics seen in the hour; shares are of these"),
        Column("coverage", NUMBER, "those scrapes / expected at the median interval that day, at most 1"),
    ),
)

ALERT_WINDOWS = Table(
    name="alert_windows",
    kind="metrics",
    description="One row an uninterrupted time in which ALERTS was 1, cut at midnight.",
    columns=(
        *_CLUSTER,
        Column("alert", TEXT, "alertname"),
        Column("state", TEXT, "pending or firing"),
        Column("labels", TEXT_MAP, "other labels"),
        Column("started_at", TIMESTAMP, "first sample"),
        Column("ended_at", TIMESTAMP, "last sample"),
        Column("samples", COUNT, "samples"),
    ),
)

THRESHOLD_WINDOWS = Table(
    name="threshold_windows",
    kind="metrics",
    description="One row an uninterrupted time in which a watched gauge was beyond its threshold (catalog.py names them), cut at midnight.",
    columns=(
        *_CLUSTER,
        Column("threshold", TEXT, "name in the catalogue, e.g. gpu_memory_above_95"),
        Column("node", TEXT, "node"),
        Column("gpu", TEXT, "gpu index; null when not about a GPU"),
        *_POD,
        Column("started_at", TIMESTAMP, "first sample beyond"),
        Column("ended_at", TIMESTAMP, "last sample beyond"),
        Column("samples", COUNT, "samples beyond"),
        Column("peak", NUMBER, "most extreme value, in the threshold's unit"),
    ),
)

SAMPLE_TABLES = (SAMPLES, SERIES)
ROLLUP_TABLES = (GPU_HOURLY, COUNTER_5M, HISTOGRAM_5M, GAUGE_HOURLY, NODE_HOURLY, POD_HOURLY, ALERT_WINDOWS, THRESHOLD_WINDOWS)
TABLES = (*SAMPLE_TABLES, *ROLLUP_TABLES)
