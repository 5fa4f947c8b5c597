"""Whatever is scraped twice counts once: by two replicas of one Prometheus, or by two sources of one cluster."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.compiled_models import CompiledModels
from tests.sli_estate import Declaration, slis
from tests.unit.metrics_text import DAY, DAY_START, files_source, rolled_up, write_text

DAYS = [DAY, DAY + timedelta(days=1)]
STEP = 300
WORKLOAD = {"service": "chat", "workload": "llm", "kind": "inference", "namespace": "chat", "labels": []}
# what an analyst reads, and the models that add counters up
COMPARED = {
    "int_units__daily": "workload, unit, day, round(units, 6)",
    "int_allocation__pod_hours": "node, pod, hour, round(gpu_hours, 9), round(gpu_hours_active, 6), round(core_hours, 4), gib_hours",
    "int_pods__usage_hourly": "pod, hour, round(cores, 6), round(memory_gib, 6)",
    "int_nodes__io_waits": "node, hour, round(io_waiting_share, 6)",
    "int_runtime__serving_hours": "pod, hour, waiting_max, preemptions",
    "fct_workload_cost_daily": "day, workload, split_rule, round(gpu_hours_allocated, 9), round(allocated_cost, 4)",
    "fct_idle_cost_daily": "day, node, split_rule, reason, round(gpu_hours, 9), round(cost, 4)",
}
Estate = Callable[..., duckdb.DuckDBPyConnection]
POD = 'namespace="chat",pod="llm-0"'
GPU = f'Hostname="a100-01",UUID="GPU-1",modelName="NVIDIA A100",{POD}'
GAUGES = {
    f'DCGM_FI_PROF_SM_ACTIVE{{gpu="0",{GPU}': 0.5,
    f'DCGM_FI_DEV_GPU_UTIL{{gpu="0",{GPU}': 80,
    f'DCGM_FI_DEV_FB_USED{{gpu="0",{GPU}': 30000,
    f'DCGM_FI_DEV_FB_FREE{{gpu="0",{GPU}': 10000,
    'kube_node_info{node="a100-01",provider_id="aws:///us-east-1a/i-0"': 1,
    'kube_node_labels{node="a100-01",label_node_kubernetes_io_instance_type="p4d.24xlarge"': 1,
    'kube_node_status_allocatable{node="a100-01",resource="nvidia_com_gpu"': 8,
    f'kube_pod_info{{node="a100-01",created_by_kind="StatefulSet",created_by_name="llm",{POD}': 1,
    f'kube_pod_status_phase{{phase="Running",{POD}': 1,
    f'kube_pod_container_resource_requests{{resource="nvidia_com_gpu",container="m",{POD}': 1,
    f'container_memory_working_set_bytes{{container="m",{POD}': 2**33,
    f"vllm:num_requests_waiting{{{POD}": 3,
}
COUNTERS = {  # gain in five minutes
    f"vllm:generation_tokens_total{{{POD}": 30_000,
    f"vllm:prompt_tokens_total{{{POD}": 60_000,
    f"vllm:num_preemptions_total{{{POD}": 2,
    f'http_requests_total{{status="200",{POD}': 100,
    f'container_cpu_usage_seconds_total{{container="m",{POD}': 900,
    'node_pressure_io_waiting_seconds_total{node="a100-01"': 30,
    f'kube_pod_container_status_restarts_total{{container="m",{POD}': 1,
}


def exposition(labels: str = "", late: int = 0, skip: Sequence[int] = ()) -> str:
    """Everything, scraped every five minutes, `late` seconds after the hour's; scrapes of number `skip` failed."""
    moments = [DAY_START + STEP * number + late for number in range(2 * 288) if number not in skip]
    types = [f"# TYPE {series.split('{')[0].removesuffix('_total')} {kind}" for kind, held in _KINDS for series in held]
    lines = [f"{series}{labels}}} {level} {at}" for series, level in GAUGES.items() for at in moments]
    lines += [f"{series}{labels}}} {gain * (at - DAY_START) // STEP} {at}" for series, gain in COUNTERS.items() for at in moments]
    return "\n".join([*types, *lines, ""])


_KINDS = (("gauge", GAUGES), ("counter", COUNTERS))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), tuple(COMPARED))


@pytest.fixture
def estate(models: CompiledModels, tmp_path: Path) -> Estate:
    """The models of texts, each a source of its own of the same cluster."""

    def run(name: str, *texts: str) -> duckdb.DuckDBPyConnection:
        sources = []
        for number, text in enumerate(texts):
            write_text(tmp_path / name / f"text{number}", text + "# EOF\n")
            sources.append(files_source(tmp_path / name / f"text{number}", f"prometheus-{number}"))
        declared = Declaration(DAYS, [{"service": "chat"}], [WORKLOAD])
        return slis(models, sources, declared, tmp_path / name, {"charges": [_charge(day.day, number) for number, day in enumerate(DAYS)]})

    return run


def _charge(day: int, number: int) -> dict[str, Any]:
    start = datetime(DAY.year, DAY.month, day, tzinfo=UTC)
    return {
        "source": "bill",
        "provider": "aws",
        "sub_account_id": "1",
        "region_id": "us-east-1",
        "resource_id": "i-0",
        "service_name": "Amazon Elastic Compute Cloud",
        "service_category": "Compute",
        "instance_type": "p4d.24xlarge",
        "charge_category": "Usage",
        "pricing_category": "Standard",
        "consumed_quantity": 24.0,
        "consumed_unit": "Hours",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(days=1),
        "billed_cost": Decimal(240),
        "effective_cost": Decimal(240),
        "list_cost": Decimal(240),
        "billing_currency": "USD",
        "source_uri": "bill.parquet",
        "source_row": number,
        "row_fingerprint": number,
    }


def compared(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {model: connection.execute(f"select {columns} from {model} order by all").fetchall() for model, columns in COMPARED.items()}


HOUR = range(40, 52)  # scrapes that failed
LATE = 7  # the second replica scrapes seven seconds after the first
PAIRS = {
    "the operator's label": (exposition(',prometheus_replica="p-0"') + exposition(',prometheus_replica="p-1"', LATE, HOUR),),
    "Mimir's label": (exposition(',__replica__="a"') + exposition(',__replica__="b"', LATE),),
    "Thanos' label": (exposition(',replica="a"') + exposition(',replica="b"', LATE, range(300, 302)),),
    "two sources": (exposition(), exposition("", LATE, HOUR)),
    "two sources with their replicas' names": (
        exposition(',prometheus_replica="p-0"'),
        exposition(',prometheus_replica="p-1"', LATE, HOUR),
    ),
    "two sources with jobs of other names": (exposition(',job="models"'), exposition(',job="vllm"', LATE, HOUR)),
}


@pytest.mark.parametrize("texts", PAIRS.values(), ids=PAIRS)
def test_what_two_scrape_is_what_one_scrapes(estate: Estate, texts: tuple[str, ...]) -> None:
    once, twice = compared(estate("once", exposition())), compared(estate("twice", *texts))
    assert [model for model, rows in once.items() if not rows] == []
    units = {(unit, day): amount for _, unit, day, amount in once["int_units__daily"]}
    assert units["1k_tokens", DAYS[1]] == pytest.approx(90 * 288)
    for model, rows in once.items():
        assert twice[model] == rows, model


def test_rollups_of_replicas_are_those_of_the_fuller_one(tmp_path: Path) -> None:
    write_text(tmp_path / "one", exposition() + "# EOF\n")
    write_text(tmp_path / "two", exposition(',replica="a"', LATE, range(10)) + exposition(',replica="b"') + "# EOF\n")
    one, two = rolled_up(tmp_path / "one", DAYS), rolled_up(tmp_path / "two", DAYS)
    for table in ("gpu_hourly", "node_hourly", "pod_hourly"):
        assert two[table].to_pylist() == one[table].to_pylist(), table
    for table in ("counter_5m", "gauge_hourly"):
        assert two[table].num_rows == one[table].num_rows > 0, table


def test_ray_serve_calls_its_own_replicas_so(tmp_path: Path) -> None:
    """Also where Thanos names all other series' replicas: an external label is never written over a metric's own."""
    ray = 'ray_serve_num_router_requests_total{pod="ray-0",replica="app#%s"} %d %d\n'
    up = 'up{job="ray",replica="%s"} 1 %d\n'
    text = "".join(ray % (name, number, DAY_START + 60 * number) for name in "xy" for number in range(9))
    text += "".join(up % (name, DAY_START + 60 * number) for name in "ab" for number in range(9))
    write_text(tmp_path, text, "metrics.prom")
    rows = rolled_up(tmp_path, [DAY])
    assert sum(row["increase"] for row in rows["counter_5m"].to_pylist()) == 16
    assert len({row["series_id"] for row in rows["gauge_hourly"].to_pylist()}) == 1


def test_an_application_may_call_anything_a_replica(tmp_path: Path) -> None:
    text = "".join(f'shard_rows_total{{replica="{name}"}} {number} {DAY_START + 60 * number}\n' for name in "xy" for number in range(9))
    write_text(tmp_path, text + f"up 1 {DAY_START}\n", "metrics.prom")
    assert sum(row["increase"] for row in rolled_up(tmp_path, [DAY])["counter_5m"].to_pylist()) == 16


def test_all_buckets_of_a_histogram_come_from_one_replica(tmp_path: Path) -> None:
    """The first replica lost one bucket's first scrapes, the second one has fewer of the others."""
    lines = []
    for name, gain, skipped in (("a", 10, {"1": 2, "+Inf": 0}), ("b", 20, {"1": 1, "+Inf": 3})):
        for le, skip in skipped.items():
            part = f'wait_seconds_bucket{{prometheus_replica="{name}",le="{le}"}}'
            lines += [f"{part} {gain * number} {DAY_START + 60 * number}" for number in range(skip, 9)]
    write_text(tmp_path, "# TYPE wait_seconds histogram\n" + "\n".join(lines) + "\n", "metrics.prom")
    rows = rolled_up(tmp_path, [DAY])["histogram_5m"].to_pylist()
    assert len({row["histogram_id"] for row in rows}) == 1
    assert {row["le"] for row in rows} == {1.0, float("inf")}
