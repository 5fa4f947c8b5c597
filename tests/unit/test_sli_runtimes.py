"""What each runtime exports, written as it writes it, becomes that service's SLIs; what it does not export is unknown and says so.

Names, labels and bounds: the runtimes' own sources and documentation, as listed in the seed `metric_aliases`. Every five minutes add 100
requests, 95 % of which are done half-way between two bounds of each histogram.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.compiled_models import CompiledModels
from tests.sli_estate import GOALS, Declaration, slis
from tests.unit.metrics_text import DAY, DAY_START, files_source, write_text

DAYS = [DAY + timedelta(days=number) for number in range(8)]
SERVICE = {"service": "chat", "latency_percentile": 95.0, "latency_threshold_ms": None, "availability_objective": 0.9}
WORKLOAD = {"service": "chat", "workload": "llm", "kind": "inference", "namespace": "chat"}
STEP, REQUESTS, SCRAPES = 900, 100, 8 * 96
POD = 'namespace="chat",pod="llm-0"'
VLLM = POD + ',model_name="m",engine="0"'
DYNAMO = POD + ',model="m",endpoint="chat",request_type="stream"'
EDGE = 'namespace="ingress",pod="edge-0"'
ISTIO = EDGE + ',destination_service_name="chat"'
E2E_BOUNDS = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0)
SGLANG_BOUNDS = (0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400)
DYNAMO_BOUNDS = (0, 2, 4, 8, 16, 32, 64, 130, 260, 510)
NGINX_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ISTIO_BOUNDS = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000)
MS_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class Runtime:
    """An exposition: gains of counters in five minutes, levels of gauges, and histograms as (series, bounds, the bound that 90 % keep)."""

    name: str
    counters: dict[str, float] = field(default_factory=dict)
    histograms: Sequence[tuple[str, Sequence[float], float]] = ()
    gauges: dict[str, float] = field(default_factory=dict)
    slis: dict[str, float | None] = field(default_factory=dict)
    saturation: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Prometheus text with times in milliseconds."""
        gains = dict(self.counters)
        types = {name.split("{")[0]: "counter" for name in self.counters} | {name.split("{")[0]: "gauge" for name in self.gauges}
        for series, bounds, kept in self.histograms:
            base, labels = series.rstrip("}").split("{")
            types[base] = "histogram"
            for bound in (*bounds, float("inf")):
                written = "+Inf" if bound == float("inf") else str(bound)
                share = 1.0 if bound > kept else 0.9 if bound == kept else 0.0
                gains[f'{base}_bucket{{{labels},le="{written}"}}'] = REQUESTS * share
        lines = [f"# TYPE {name} {kind}" for name, kind in types.items()]
        for number in range(SCRAPES):
            at = (DAY_START + number * STEP) * 1000
            lines += [f"{name} {gain * number * STEP / 300:.12g} {at}" for name, gain in gains.items()]
            lines += [f"{name} {level:g} {at}" for name, level in self.gauges.items()]
        return "\n".join(lines) + "\n"


RUNTIMES = [
    Runtime(
        "vllm",
        {
            f'vllm:request_success_total{{{VLLM},finished_reason="stop"}}': 90,
            f'vllm:request_success_total{{{VLLM},finished_reason="length"}}': 10,
            f"vllm:generation_tokens_total{{{VLLM}}}": 30_000,
        },
        [
            (f"vllm:e2e_request_latency_seconds{{{VLLM}}}", E2E_BOUNDS, 2.5),
            (f"vllm:time_to_first_token_seconds{{{VLLM}}}", (0.001, 0.02, 0.1, 0.25, 0.5, 1.0, 2.5), 0.25),
            (f"vllm:inter_token_latency_seconds{{{VLLM}}}", (0.01, 0.025, 0.05, 0.075, 0.1), 0.025),
            (f"vllm:request_queue_time_seconds{{{VLLM}}}", E2E_BOUNDS, 0.3),
        ],
        {f"vllm:num_requests_waiting{{{VLLM}}}": 4, f"vllm:num_requests_running{{{VLLM}}}": 9, f"vllm:kv_cache_usage_perc{{{VLLM}}}": 0.93},
        {
            "availability": None,
            "latency_p95": 3750,
            "ttft_p95": 375,
            "inter_token_p95": 37.5,
            "queue_p95": 400,
            "throughput_rps": 1 / 3,
            "throughput_tps": 100,
        },
        {"requests_waiting_mean": 4, "requests_running_mean": 9, "kv_cache_share_max": 0.93, "kv_cache_hours_above_90": 24},
    ),
    Runtime(
        "vllm before its renamings, with its HTTP counters",
        {
            f'http_requests_total{{{POD},handler="/v1/chat/completions",method="POST",status="2xx"}}': 97,
            f'http_requests_total{{{POD},handler="/v1/chat/completions",method="POST",status="5xx"}}': 3,
            f'http_requests_total{{{POD},handler="/health",method="GET",status="2xx"}}': 60,
        },
        [
            (f"vllm:e2e_request_latency_seconds{{{VLLM}}}", (1, 2.5, 5, 10, 15, 20, 30, 40, 50, 60), 10),
            (f"vllm:time_per_output_token_seconds{{{VLLM}}}", (0.01, 0.025, 0.05, 0.075, 0.1), 0.05),
        ],
        {f"vllm:gpu_cache_usage_perc{{{VLLM}}}": 0.5},
        {"availability": 0.97, "latency_p95": 12_500, "inter_token_p95": 62.5, "throughput_rps": 1 / 3},
        {"kv_cache_share_max": 0.5, "kv_cache_hours_above_90": 0},
    ),
    Runtime(
        "sglang",
        {f"sglang:num_requests_total{{{POD}}}": 100, f"sglang:generation_tokens_total{{{POD}}}": 30_000},
        [
            (f"sglang:e2e_request_latency_seconds{{{POD}}}", SGLANG_BOUNDS, 4),
            (f"sglang:time_to_first_token_seconds{{{POD}}}", SGLANG_BOUNDS, 0.4),
            (f"sglang:inter_token_latency_seconds{{{POD}}}", (0.002, 0.01, 0.02, 0.04), 0.02),
        ],
        {f"sglang:num_queue_reqs{{{POD}}}": 2, f"sglang:num_running_reqs{{{POD}}}": 7, f"sglang:token_usage{{{POD}}}": 0.3},
        {"availability": None, "latency_p95": 5000, "ttft_p95": 500, "inter_token_p95": 30, "throughput_rps": 1 / 3, "throughput_tps": 100},
        {"requests_waiting_mean": 2, "kv_cache_share_max": 0.3},
    ),
    Runtime(
        "tgi",
        {
            f"tgi_request_success{{{POD}}}": 94,
            f'tgi_request_failure{{{POD},err="overloaded"}}': 4,
            f'tgi_request_failure{{{POD},err="validation"}}': 2,
            f"tgi_request_generated_tokens_sum{{{POD}}}": 30_000,
        },
        [(f"tgi_request_duration{{{POD}}}", MS_BOUNDS, 2)],
        {f"tgi_queue_size{{{POD}}}": 3},
        {"availability": 0.96, "latency_p95": 3500, "ttft_p95": None, "throughput_tps": 100},
        {"requests_waiting_mean": 3},
    ),
    Runtime(
        "triton",
        {
            f'nv_inference_request_success{{{POD},model="m",version="1"}}': 95,
            f'nv_inference_request_failure{{{POD},model="m",version="1",reason="BACKEND"}}': 5,
            f'nv_inference_request_failure{{{POD},model="m",version="1",reason="CANCELED"}}': 7,
            f'nv_inference_request_duration_us{{{POD},model="m",version="1"}}': 5_000_000,
        },
        gauges={f'nv_inference_pending_request_count{{{POD},model="m",version="1"}}': 6},
        slis={"availability": 0.95, "latency_p95": None, "throughput_rps": 1 / 3},
        saturation={"requests_waiting_mean": 6},
    ),
    Runtime(
        "nim",
        {
            f"request_success_total{{{POD}}}": 98,
            f"request_failure_total{{{POD}}}": 2,
            f'generation_tokens_total{{{POD},model_name="m"}}': 30_000,
        },
        [
            (f'e2e_request_latency_seconds{{{POD},model_name="m"}}', E2E_BOUNDS, 2.5),
            (f'time_to_first_token_seconds{{{POD},model_name="m"}}', E2E_BOUNDS, 0.5),
            (f'time_per_output_token_seconds{{{POD},model_name="m"}}', (0.01, 0.025, 0.05), 0.025),
        ],
        {f"num_requests_waiting{{{POD}}}": 1, f"num_requests_running{{{POD}}}": 8, f"gpu_cache_usage_perc{{{POD}}}": 0.4},
        {"availability": 0.98, "latency_p95": 3750, "ttft_p95": 650, "inter_token_p95": 37.5, "throughput_tps": 100},
        {"requests_running_mean": 8, "kv_cache_share_max": 0.4},
    ),
    Runtime(
        "dynamo",
        {
            f'dynamo_frontend_requests_total{{{DYNAMO},status="success",error_type=""}}': 92,
            f'dynamo_frontend_requests_total{{{DYNAMO},status="error",error_type="internal"}}': 5,
            f'dynamo_frontend_requests_total{{{DYNAMO},status="error",error_type="validation"}}': 3,
            f'dynamo_frontend_requests_total{{{DYNAMO},status="error",error_type="cancelled"}}': 9,
            f'dynamo_frontend_output_tokens_total{{{POD},model="m"}}': 30_000,
        },
        [
            (f'dynamo_frontend_request_duration_seconds{{{POD},model="m"}}', DYNAMO_BOUNDS, 2),
            (f'dynamo_frontend_time_to_first_token_seconds{{{POD},model="m"}}', (0, 0.0022, 0.1, 0.22, 0.47), 0.1),
            (f'dynamo_frontend_inter_token_latency_seconds{{{POD},model="m"}}', (0, 0.0019, 0.02, 0.04), 0.02),
        ],
        {f'dynamo_frontend_queued_requests{{{POD},model="m"}}': 5},
        {"availability": 0.95, "latency_p95": 3000, "ttft_p95": 160, "inter_token_p95": 30, "throughput_rps": 1 / 3, "throughput_tps": 100},
        {"requests_waiting_mean": 5},
    ),
    Runtime(
        "ray serve",
        {
            f'ray_serve_num_http_requests_total{{{POD},route="/",method="POST",application="llm"}}': 100,
            f'ray_serve_num_http_error_requests_total{{{POD},route="/",method="POST",application="llm",error_code="500"}}': 4,
            f'ray_serve_num_http_error_requests_total{{{POD},route="/",method="POST",application="llm",error_code="404"}}': 11,
        },
        [(f'ray_serve_deployment_processing_latency_ms{{{POD},deployment="d",application="llm"}}', MS_BOUNDS, 500)],
        {f'ray_serve_deployment_queued_queries{{{POD},deployment="d",application="llm"}}': 3},
        {"availability": 0.96, "latency_p95": 750, "throughput_rps": 1 / 3},
        {"requests_waiting_mean": 3},
    ),
    Runtime(
        "knative (KServe)",
        {
            'revision_request_count{namespace="chat",service_name="chat",response_code="200",response_code_class="2xx"}': 93,
            'revision_request_count{namespace="chat",service_name="chat",response_code="503",response_code_class="5xx"}': 7,
        },
        [('revision_request_latencies{namespace="chat",service_name="chat",response_code_class="2xx"}', MS_BOUNDS, 1000)],
        slis={"availability": 0.93, "latency_p95": 1500},
    ),
    Runtime(
        "istio, both reports",
        {
            f'istio_requests_total{{{ISTIO},reporter="{side}",response_code="{code}",response_flags="{flags}"}}': gain
            for side in ("source", "destination")
            for code, flags, gain in (("200", "-", 90), ("503", "UF", 6), ("0", "UF", 4), ("0", "DC", 50))
        },
        [(f'istio_request_duration_milliseconds{{{EDGE},reporter="source",destination_service_name="chat"}}', ISTIO_BOUNDS, 2500)],
        slis={"availability": 0.9, "latency_p95": 3750, "throughput_rps": 1 / 3},
    ),
    Runtime(
        "nginx, slower than its top bound",
        {
            f'nginx_ingress_controller_requests{{{EDGE},exported_namespace="chat",ingress="chat",service="chat",status="{code}"}}': gain
            for code, gain in (("200", 85), ("404", 10), ("502", 5))
        },
        [(f'nginx_ingress_controller_request_duration_seconds{{{EDGE},ingress="chat",service="chat",status="200"}}', NGINX_BOUNDS, 10)],
        slis={"availability": 0.95, "latency_p95": 10_000},
    ),
    Runtime(
        "inference gateway",
        {
            f'inference_objective_request_total{{{EDGE},service="chat",model_name="m"}}': 100,
            f'inference_objective_request_error_total{{{EDGE},service="chat",model_name="m",error_code="Internal"}}': 0,
            f'inference_objective_request_error_total{{{EDGE},service="chat",model_name="m",error_code="503"}}': 8,
        },
        slis={"availability": 0.92},
    ),
    Runtime(
        "two edges in a row count once",
        {
            f'istio_requests_total{{{EDGE},reporter="destination",destination_service_name="chat",response_code="200"}}': 90,
            f'istio_requests_total{{{EDGE},reporter="destination",destination_service_name="chat",response_code="500"}}': 10,
            f'nginx_ingress_controller_requests{{{EDGE},ingress="chat",service="chat",status="200"}}': 100,
        },
        slis={"availability": 0.9, "throughput_rps": 1 / 3},
    ),
    Runtime(
        "successes without a counter of failures are no availability",
        {f'nv_inference_request_success{{{POD},model="m",version="1"}}': 95},
        slis={"availability": None},
    ),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), (*GOALS, "fct_saturation_daily", "int_sli__knees"))


@pytest.fixture
def audited(models: CompiledModels, tmp_path: Path) -> Callable[[Runtime], duckdb.DuckDBPyConnection]:
    def run(runtime: Runtime) -> duckdb.DuckDBPyConnection:
        write_text(tmp_path / "text", runtime.text, "metrics.prom")
        return slis(models, [files_source(tmp_path / "text")], Declaration(DAYS, [SERVICE], [WORKLOAD]), tmp_path)

    return run


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)
def test_an_exposition_becomes_slis(audited: Callable[[Runtime], duckdb.DuckDBPyConnection], runtime: Runtime) -> None:
    found = audited(runtime)
    values = dict(found.execute('select sli, "current" from fct_slo_baseline').fetchall())
    for sli, expected in runtime.slis.items():
        assert values.get(sli) == (None if expected is None else pytest.approx(expected, rel=2e-3)), sli
    reasons = found.execute('select sli from fct_slo_baseline where "current" is null and reason is null').fetchall()
    assert reasons == []
    censored = found.execute("select censored from fct_slo_baseline where sli = 'latency_p95'").fetchone()
    assert ("slower than its top bound" in runtime.name) == (censored == (True,))
    daily = found.execute("select * from fct_saturation_daily order by day").to_arrow_table().to_pylist()
    assert len(daily) == (len(DAYS) if runtime.saturation else 0)
    for row in daily:
        assert {name: row[name] for name in runtime.saturation} == pytest.approx(runtime.saturation)
