"""What is known of metrics by name: their types, which ones an audit asks a server for, what a reader would miss, watched thresholds.

Names come from the exporters' own documentation and code: dcgm-exporter `default-counters.csv`, kube-state-metrics `docs/metrics`, vLLM
`vllm/v1/metrics/loggers.py` (and its older names), SGLang `metrics_collector.py`, the references of TGI, Triton, Istio and ingress-nginx.
Text files are loaded whole; the catalogue decides only what is fetched from a server, and types that nobody declared.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

COUNTER, GAUGE, HISTOGRAM, SUMMARY, INFO, UNKNOWN = "counter", "gauge", "histogram", "summary", "info", "unknown"

GPU_UTIL = "DCGM_FI_DEV_GPU_UTIL"
SM_ACTIVE = "DCGM_FI_PROF_SM_ACTIVE"
FB_USED, FB_FREE = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"
POWER, TEMPERATURE = "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_GPU_TEMP"
XID, THERMAL_VIOLATION = "DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_THERMAL_VIOLATION"
GPU_METRICS = (GPU_UTIL, SM_ACTIVE, FB_USED, FB_FREE, POWER, TEMPERATURE, XID, THERMAL_VIOLATION)
NODE_METRICS = ("kube_node_info", "kube_node_labels", "kube_node_status_allocatable", "kube_node_spec_unschedulable")
POD_METRICS = (
    "kube_pod_info",
    "kube_pod_labels",
    "kube_pod_status_phase",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_restarts_total",
)
ALERTS = "ALERTS"
REDUCED_APART = frozenset({*GPU_METRICS, *NODE_METRICS, *POD_METRICS, ALERTS, "ALERTS_FOR_STATE"})


@dataclass(frozen=True)
class Family:
    """Metrics of one exporter or runtime: which names belong to it, and what an audit cannot say without them."""

    name: str
    pattern: str
    tells: str
    core: tuple[str, ...] = ()  # names whose absence is worth telling

    def holds(self, metric: str) -> bool:
        """Whether a metric belongs to the family."""
        return re.fullmatch(self.pattern, metric) is not None


_KUBE_MORE = (
    "kube_pod_(owner|created|start_time|status_(ready|reason|scheduled|unschedulable)|init_container_resource_requests)"
    "|kube_pod_container_status_(waiting_reason|last_terminated_reason|terminated_reason|ready|running)"
    "|kube_(deployment|statefulset|replicaset|daemonset)_(spec_replicas|status_replicas.*|status_ready_replicas)"
    "|kube_job_(status_(succeeded|failed|active|start_time|completion_time)|info|owner|failed|complete)|kube_cronjob_info"
    "|kube_horizontalpodautoscaler_(spec|status)_.*|kube_resourcequota|kube_node_status_(capacity|condition)|kube_poddisruptionbudget_.*"
)
FAMILIES = (
    Family("dcgm", r"DCGM_FI_.*", "GPU activity and memory", (SM_ACTIVE, GPU_UTIL, FB_USED, FB_FREE)),
    Family("kube-state-metrics", "|".join((*NODE_METRICS, *POD_METRICS, _KUBE_MORE)), "which pod ran where", (*NODE_METRICS, *POD_METRICS)),
    Family("alerts", "ALERTS|ALERTS_FOR_STATE", "which alerts fired"),
    Family("up", "up", "which targets answered"),
    Family("vllm", r"vllm:.*|ray_vllm.*", "tokens and latency of vLLM"),
    Family("sglang", r"sglang[:_].*", "tokens and latency of SGLang"),
    Family("tgi", r"tgi_.*", "tokens and latency of TGI"),
    Family("triton", r"nv_inference_.*|nv_gpu_.*", "requests of Triton"),
    Family("tensorrt-llm", r"trtllm[:_].*", "tokens and latency of TensorRT-LLM"),
    Family("dynamo", r"dynamo_.*", "requests of Dynamo"),
    Family(
        "nim",
        r"(e2e_request_latency|time_to_first_token|time_per_output_token)_seconds_(bucket|count|sum)|(prompt|generation)_tokens_total"
        r"|num_requests_(running|waiting)|gpu_cache_usage_perc|request_(success|failure|finish)_total",
        "tokens and latency of NIM",
    ),
    Family("http", r"https?_(server_)?requests?(_.*)?", "requests by status"),
    Family("gen-ai", r"gen_ai[_.].*", "OpenTelemetry generative AI metrics"),
    Family("istio", r"istio_requests_total|istio_request_duration_milliseconds.*", "requests at the mesh"),
    Family("nginx", r"nginx_ingress_controller_request(s|_duration_seconds.*)", "requests at the edge"),
    Family("knative", r"revision_request_(count|latencies.*)|request_(count|latencies.*)", "requests of a revision"),
    Family("ray-serve", r"(ray_)?serve_.*", "requests of Ray Serve"),
    Family("inference-gateway", r"inference_(objective|model|pool)_.*", "requests at the inference gateway"),
)

KNOWN_TYPES: Mapping[str, str] = {
    THERMAL_VIOLATION: COUNTER,
    "DCGM_FI_DEV_POWER_VIOLATION": COUNTER,
    "DCGM_FI_DEV_SYNC_BOOST_VIOLATION": COUNTER,
    "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION": COUNTER,
    "DCGM_FI_DEV_LOW_UTIL_VIOLATION": COUNTER,
    "DCGM_FI_DEV_RELIABILITY_VIOLATION": COUNTER,
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": COUNTER,
    "DCGM_FI_DEV_PCIE_REPLAY_COUNTER": COUNTER,
    "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL": COUNTER,
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS": COUNTER,
    "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS": COUNTER,
    "nv_inference_request_success": COUNTER,
    "nv_inference_request_failure": COUNTER,
    "nv_inference_count": COUNTER,
    "nv_inference_exec_count": COUNTER,
    "nv_inference_request_duration_us": COUNTER,
    "nv_inference_queue_duration_us": COUNTER,
    "nv_inference_compute_input_duration_us": COUNTER,
    "nv_inference_compute_infer_duration_us": COUNTER,
    "nv_inference_compute_output_duration_us": COUNTER,
    "tgi_request_count": COUNTER,
    "tgi_request_success": COUNTER,
    "tgi_request_failure": COUNTER,
    "tgi_batch_concat": COUNTER,
    "tgi_batch_inference_count": COUNTER,
    "tgi_batch_inference_success": COUNTER,
    "nginx_ingress_controller_requests": COUNTER,
    "revision_request_count": COUNTER,
    "request_count": COUNTER,
    "kube_job_info": INFO,
    "kube_cronjob_info": INFO,
    "kube_node_info": INFO,
    "kube_pod_info": INFO,
    "kube_node_labels": INFO,
    "kube_pod_labels": INFO,
    "kube_pod_owner": INFO,
}
_DECLARED = {kind: kind for kind in (COUNTER, GAUGE, HISTOGRAM, SUMMARY, INFO)} | {"stateset": GAUGE, "gaugehistogram": GAUGE}
_PARTS = {
    COUNTER: ("_total",),
    HISTOGRAM: ("_bucket", "_count", "_sum"),
    SUMMARY: ("_count", "_sum"),
    INFO: ("_info",),
    GAUGE: ("_gcount", "_gsum", "_bucket"),
}


@dataclass(frozen=True)
class Threshold:
    """A watched condition: `metric / (metric + rest)` beyond `limit` for at least `seconds`, without a break."""

    name: str
    metric: str
    rest: str
    limit: float
    seconds: int


# the usual alert rule for GPU memory: used / (used + free) > 0.95 for 5 minutes
GPU_MEMORY_ABOVE_95 = Threshold("gpu_memory_above_95", FB_USED, FB_FREE, 0.95, 300)


def metric_type(metric: str, declared: Mapping[str, str], names: Collection[str]) -> str:
    """The type of a sample name: as declared (`# TYPE` of its family), else as catalogued, else by its suffix.

    `names` are the other sample names of the day: `_count` and `_sum` are parts of a histogram or a summary only beside each other.
    """
    for family, suffix in _families(metric):
        kind = _DECLARED.get(declared.get(family, ""))
        if kind is not None and (not suffix or suffix in _PARTS.get(kind, ())):
            return kind
    if metric in KNOWN_TYPES:
        return KNOWN_TYPES[metric]
    return _type_by_suffix(metric, names)


def is_creation_time(metric: str, declared: Mapping[str, str], names: Collection[str]) -> bool:
    """Whether a `_created` sample only says when its counter, histogram or summary began (kube_pod_created is a gauge of its own)."""
    if not metric.endswith("_created") or metric in declared:
        return False
    base = metric.removesuffix("_created")
    if base in declared:
        return _DECLARED.get(declared[base]) in (COUNTER, HISTOGRAM, SUMMARY)
    return f"{base}_total" in names or f"{base}_count" in names


def is_counted(metric: str, kind: str) -> bool:
    """Whether a sample only ever rises until it is reset: counters and the parts of histograms and summaries."""
    return kind == COUNTER or (kind in (HISTOGRAM, SUMMARY) and metric.endswith(("_bucket", "_count", "_sum")))


def wanted(names: Iterable[str], extra: Collection[str] = ()) -> list[str]:
    """The names to fetch from a server: the catalogue's, and `extra` ones (with or without `_total`)."""
    more = {form for name in extra for form in (name, f"{name}_total", name.removesuffix("_total"))}
    return sorted(name for name in names if name in more or any(family.holds(name) for family in FAMILIES))


def absences(names: Collection[str]) -> tuple[str, ...]:
    """What an audit cannot say, because a core metric is not there."""
    return tuple(
        f"{metric} is not there ({family.name}: {family.tells})" for family in FAMILIES for metric in family.core if metric not in names
    )


def _families(metric: str) -> list[tuple[str, str]]:
    suffixes = ("", "_total", "_bucket", "_count", "_sum", "_info", "_gcount", "_gsum")
    return [(metric.removesuffix(suffix), suffix) for suffix in suffixes if metric.endswith(suffix)]


def _type_by_suffix(metric: str, names: Collection[str]) -> str:
    if metric.endswith("_total"):
        return COUNTER
    if metric.endswith("_bucket"):
        return HISTOGRAM
    for suffix, other in (("_count", "_sum"), ("_sum", "_count")):
        base = metric.removesuffix(suffix)
        if base != metric and f"{base}_bucket" in names:
            return HISTOGRAM
        if base != metric and f"{base}{other}" in names:
            return SUMMARY
    if metric.endswith("_info"):
        return INFO
    return GAUGE if metric.startswith(("DCGM_FI_", "kube_", "ALERTS")) or metric == "up" else UNKNOWN
