"""Application metrics of a day: vLLM, HTTP, vectors, jobs and epochs, exposed by the pods that do the work.

Which totals they hold is traffic.py's business, how a total becomes scraped counter values is counters.py's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit_assets.demo.blueprint import weekly_epochs
from audit_assets.demo.counters import Counter, split
from audit_assets.demo.exposition import Exposition, Grid, decimals, series, whole
from audit_assets.demo.placement import MONDAYS, TRAINING_HOURS, TRAINING_NODES, Pod, training_start
from audit_assets.demo.targets import CHAT_PROFILE
from audit_assets.demo.traffic import Days, Requests, Traffic

MODELS = {"chat-llm": "acme-chat-70b", "docs-summarise": "acme-docs-8b", "chat-embed": "acme-embed", "chat-rerank": "acme-rerank"}
DOCS_PROFILE = (3000, 400)
RUNNING_MAX_MODEL_LEN = {"chat-llm": "16384", "docs-summarise": "8192"}  # the manifest of chat-llm says 32768
CONTROL_MAX_MODEL_LEN = {"chat-llm": "32768", "docs-summarise": "8192"}
MEAN_SECONDS = {"chat": 0.318, "docs": 1.62, "search": 0.091, "fraud": 0.017}
Labels = dict[str, str]


@dataclass(frozen=True)
class Exposed:
    """One counter series of a pod."""

    labels: Labels
    daily: Days
    restart_step: int | None = None


@dataclass(frozen=True)
class Apps:
    """The applications of one cluster on one day."""

    traffic: Traffic
    cluster: str
    grid: Grid
    restart_step: int | None = None  # scrape interval, seconds, on the day on which chat-llm restarts; None when it never does

    def pods(self, workload: str) -> list[Pod]:
        """The pods that expose a workload's metrics: those that run the whole window."""
        everywhere = [p for p in self.traffic.bill.blueprint.pods if p.workload == workload and p.node and p.start == 0]
        here = [p for p in everywhere if p.cluster == self.cluster and p.owner_kind != "Job"]
        return here or [p for p in everywhere if p.cluster == self.cluster and workload == "research-exp"][:1]

    def write(self, out: Exposition) -> None:
        """All application families of the day."""
        for name, exposed in self._counters():
            self._counter(out, name, exposed)
        self._epochs(out)
        self._histograms(out)
        self._gauges(out)

    def _counters(self) -> Iterator[tuple[str, list[Exposed]]]:
        work = self.traffic
        tokens_in, tokens_out = CHAT_PROFILE
        chat, docs = work.chat.good, work.docs.good
        yield (
            "vllm:prompt_tokens",
            [
                *self._share("chat-llm", chat, tokens_in),
                *self._share("docs-summarise", docs, DOCS_PROFILE[0]),
                *self._share("chat-embed", work.lookups),
                *self._share("chat-rerank", work.rerank),
            ],
        )
        yield (
            "vllm:generation_tokens",
            [
                *self._share("chat-llm", chat, tokens_out),
                *self._share("docs-summarise", docs, DOCS_PROFILE[1]),
            ],
        )
        yield (
            "vllm:request_success",
            [
                *self._share("chat-llm", chat, finished_reason="stop"),
                *self._share("docs-summarise", docs, finished_reason="stop"),
            ],
        )
        yield (
            "http_requests",
            [
                *self._http("chat", "chat-llm", "/v1/chat/completions", work.chat),
                *self._http("search", "search-query", "/search", work.search),
                *self._http("docs", "docs-summarise", "/v1/chat/completions", work.docs),
                *self._http("fraud", "fraud-score", "/score", work.fraud),
            ],
        )
        yield "embedding_vectors", self._share("search-embed", work.vectors)
        yield "research_epochs", self._share("research-exp", work.research_epochs)
        yield "docs_batch_jobs", self._share("docs-batch", work.documents)

    def _share(self, workload: str, daily: Days, times: int = 1, **extra: str) -> list[Exposed]:
        pods = self.pods(workload)
        restart = self._restart(workload)
        return [Exposed(_labels(pod) | extra, split(daily, len(pods), position) * times, restart) for position, pod in enumerate(pods)]

    def _restart(self, workload: str) -> int | None:
        return self.restart_step if workload == "chat-llm" else None

    def _http(self, service: str, workload: str, handler: str, requests: Requests) -> list[Exposed]:
        fixed = {"service": service, "handler": handler, "method": "POST"}
        by_status = {"2xx": requests.good, "4xx": requests.refused, "5xx": requests.failed}
        exposed = []
        for position, pod in enumerate(self.pods(workload)):
            for status, daily in by_status.items():
                labels = {"namespace": pod.namespace, "pod": pod.name, **fixed, "status": status}
                part = split(daily, len(self.pods(workload)), position)
                exposed.append(Exposed(labels, part, self._restart(workload)))
        return exposed

    def _counter(self, out: Exposition, name: str, exposed: list[Exposed]) -> None:
        if not exposed:
            return
        out.family(name, "counter")
        values = np.concatenate([Counter(each.daily, each.restart_step).scraped(self.grid) for each in exposed])
        self._lines(out, [series(f"{name}_total", each.labels) for each in exposed], whole(values))

    def _lines(self, out: Exposition, names: list[str], values: pa.Array) -> None:
        seconds = self.grid.first_second + self.grid.seconds
        which = np.repeat(np.arange(len(names)), len(seconds))
        out.lines(names, which, values, np.tile(seconds, len(names)))

    def _epochs(self, out: Exposition) -> None:
        """Epochs of the weekly fraud training, by the first worker of each job; the last one ends two hours before the job."""
        name, day = "fraud_training_epochs", self.grid.day
        training = [p for p in self.traffic.bill.blueprint.pods if p.workload == "fraud-train" and p.cluster == self.cluster]
        today = [p for p in training if p.node == TRAINING_NODES[0] and p.start < day * 24 and p.end > (day - 1) * 24]
        if today:
            out.family(name, "counter")
        for pod in today:
            index = self.grid.between(pod.start * 3600, pod.end * 3600)
            times = self.grid.first_second + self.grid.seconds[index]
            week = MONDAYS.index(day_of_monday(pod))
            hours = (times - training_start(pod) * 3600) / 3600
            epochs = weekly_epochs()[week]
            done = np.minimum(np.floor(hours * epochs / (TRAINING_HOURS - 2) + 1e-9), epochs)
            labels = {"namespace": pod.namespace, "pod": pod.name, "dataset_gb": "500"}
            out.lines([series(f"{name}_total", labels)], np.zeros(len(index), dtype=np.int64), whole(done), times)

    def _histograms(self, out: Exposition) -> None:
        e2e = [(pod, "chat") for pod in self.pods("chat-llm")] + [(pod, "docs") for pod in self.pods("docs-summarise")]
        self._histogram(out, "vllm:e2e_request_latency_seconds", e2e)
        http = [(pod, "search") for pod in self.pods("search-query")] + [(pod, "fraud") for pod in self.pods("fraud-score")]
        self._histogram(out, "http_request_duration_seconds", http)
        self._histogram(out, "vllm:time_to_first_token_seconds", [(pod, "ttft") for pod in self.pods("chat-llm")])

    @cached_property
    def _buckets(self) -> dict[str, Mapping[float, Days]]:
        by_service: dict[str, Mapping[float, Days]] = {service: self.traffic.latency(service) for service in MEAN_SECONDS}
        return by_service | {"ttft": self.traffic.first_token()}

    def _histogram(self, out: Exposition, name: str, exposed: list[tuple[Pod, str]]) -> None:
        if not exposed:
            return
        out.family(name, "histogram")
        for pod, service in exposed:
            same = [other for other, of in exposed if of == service]
            labels, position = _labels(pod), same.index(pod)
            counts = {b: split(daily, len(same), position) for b, daily in self._buckets[service].items()}
            scraped = [Counter(daily, self._restart(pod.workload)).scraped(self.grid) for daily in counts.values()]
            names = [series(f"{name}_bucket", labels | {"le": _le(bound)}) for bound in counts]
            self._lines(out, names, whole(np.concatenate(scraped)))
            self._lines(out, [series(f"{name}_count", labels)], whole(scraped[-1]))
            mean = MEAN_SECONDS.get(service, 0.061)
            self._lines(out, [series(f"{name}_sum", labels)], pc.cast(pa.array(scraped[-1] * mean), pa.string()))

    def _gauges(self, out: Exposition) -> None:
        pods = [*self.pods("chat-llm"), *self.pods("docs-summarise")]
        if not pods:
            return
        known = CONTROL_MAX_MODEL_LEN if self.traffic.bill.blueprint.control else RUNNING_MAX_MODEL_LEN
        everywhere = np.arange(len(self.grid.seconds))
        out.family("vllm:cache_config_info", "gauge")
        infos = [_labels(p) | {"block_size": "16", "gpu_memory_utilization": "0.88", "max_model_len": known[p.workload]} for p in pods]
        out.constant([series("vllm:cache_config_info", each) for each in infos], [everywhere] * len(pods), 1, self.grid)
        hours = self.grid.seconds // 3600
        wave = 0.52 + 0.09 * np.sin((hours - 7) / 24 * 2 * np.pi)
        for name, scale, places in (
            ("vllm:num_requests_running", 60.0, 0),
            ("vllm:num_requests_waiting", 3.0, 0),
            ("vllm:kv_cache_usage_perc", 1.0, 4),
        ):
            out.family(name, "gauge")
            self._lines(out, [series(name, _labels(p)) for p in pods], decimals(np.tile(wave * scale, len(pods)), places))


def day_of_monday(pod: Pod) -> int:
    """Day number of the Monday on which a training job started; 0 is the Monday before the window."""
    return training_start(pod) // 24 + 1


def _labels(pod: Pod) -> Labels:
    labels = {"namespace": pod.namespace, "pod": pod.name}
    return labels | ({"model_name": MODELS[pod.workload], "engine": "0"} if pod.workload in MODELS else {})


def _le(bound: float) -> str:
    return "+Inf" if bound == float("inf") else str(float(bound))
