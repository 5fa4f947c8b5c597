"""The planted utilisation, traffic and latency facts, computed from the generated text files alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from audit_assets.demo.estate import write_estate
from tests.unit.demo_reading import connect, load_metric

TOTAL = 1_842_611.40


@pytest.fixture(scope="module")
def estate(estate: Callable[..., Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = estate()
    database = connect(folder)
    load_metric(database, folder, "gpu", "DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_DEV_GPU_UTIL")
    load_metric(database, folder, "memory", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE")
    load_metric(database, folder, "kube", "kube_node_info", "kube_pod_status_phase", "kube_pod_info")
    load_metric(database, folder, "alerts", "ALERTS")
    load_metric(
        database, folder, "counters", "vllm:prompt_tokens_total", "vllm:generation_tokens_total", "http_requests_total",
        "embedding_vectors_total", "fraud_training_epochs_total", "vllm:e2e_request_latency_seconds_bucket",
    )  # fmt: skip
    _derive(database)
    yield database


def _derive(database: duckdb.DuckDBPyConnection) -> None:
    database.sql(
        """
        create table node_day as
        select node, day, sum(cost)::double as cost
        from (
            select ChargePeriodStart::date as day, split_part(ResourceId, '/', -1) as id, cost from bill
        )
        join (
            select distinct labels['node'] as node, split_part(labels['provider_id'], '/', -1) as id from kube where name = 'kube_node_info'
        ) using (id)
        group by all;

        create table gpu_hour as
        select
            name, labels['Hostname'] as node, labels['gpu'] as gpu, labels['pod'] as pod, labels['namespace'] as namespace,
            date_trunc('hour', ts) as hour, avg(value) as mean, max(value) as top, count(*) as samples
        from gpu
        group by all;

        create table held as
        with active as (select *, hour::date as day from gpu_hour where name = 'DCGM_FI_PROF_SM_ACTIVE'),
        gpus as (select node, day, count(distinct gpu) as gpus from active group by all)
        select
            node, gpu, hour, pod, namespace, mean,
            samples / sum(samples) over (partition by node, gpu, hour) * cost / 24 / gpus as cost
        from active
        join node_day using (node, day)
        join gpus using (node, day);

        create table increase as
        select
            name, labels, ts,
            case
                when lag(value) over w is null then 0
                when value < lag(value) over w then value
                else value - lag(value) over w
            end as gain
        from counters
        window w as (partition by name, labels order by ts)
        """
    )


def values(database: duckdb.DuckDBPyConnection, query: str) -> list[float]:
    found = database.sql(query).fetchone()
    assert found is not None
    return [float(value) for value in found]


def billed_gain(name: str, condition: str) -> str:
    return f"(select sum(gain) from increase where name = '{name}' and {condition} and ts::date <> date '2026-10-19')"


def test_every_billed_node_is_known_to_the_cluster(estate: duckdb.DuckDBPyConnection) -> None:
    assert values(estate, "select count(distinct node) from node_day") == [24]


def test_allocated_idle_share(estate: duckdb.DuckDBPyConnection) -> None:
    idle = values(estate, "select sum(cost * (1 - mean)) filter (pod is not null) from held")[0]
    assert idle / TOTAL == pytest.approx(0.192, abs=0.0005)


def test_unallocated_share(estate: duckdb.DuckDBPyConnection) -> None:
    free = values(estate, "select sum(cost) filter (pod is null) from held")[0]
    assert free / TOTAL == pytest.approx(0.122, abs=0.0005)


def test_training_share(estate: duckdb.DuckDBPyConnection) -> None:
    training = "pod like 'fraud-train%' or pod like 'research-exp%'"
    assert values(estate, f"select sum(cost) / {TOTAL} from held where {training}") == pytest.approx([0.182], abs=0.0005)


def test_cost_per_thousand_tokens(estate: duckdb.DuckDBPyConnection) -> None:
    tokens = "+".join(billed_gain(f"vllm:{kind}_tokens_total", "labels['pod'] like 'chat-llm%'") for kind in ("prompt", "generation"))
    query = f"select sum(cost) / ({tokens}) * 1000 from held where pod like 'chat-llm%'"
    assert values(estate, query) == pytest.approx([0.00214], rel=0.001)


def test_cost_per_epoch_and_per_million_vectors(estate: duckdb.DuckDBPyConnection) -> None:
    epochs = billed_gain("fraud_training_epochs_total", "true")
    vectors = billed_gain("embedding_vectors_total", "true")
    assert values(estate, f"select sum(cost) / {epochs} from held where pod like 'fraud-train%'") == pytest.approx([412.5], rel=0.001)
    query = f"select sum(cost) / {vectors} * 1e6 from held where pod like 'search-embed%'"
    assert values(estate, query) == pytest.approx([3.87], rel=0.001)


def test_chat_looks_busy_and_is_not(estate: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select avg(mean) filter (name like '%UTIL') / 100, avg(mean) filter (name like '%ACTIVE') from gpu_hour where pod like 'chat-llm%'"
    )
    assert values(estate, query) == pytest.approx([0.92, 0.31], abs=0.001)


def test_daily_mean_and_p95_of_the_saturated_node(estate: duckdb.DuckDBPyConnection) -> None:
    per_day = """
        select hour::date as day, avg(mean) as mean, quantile_cont(mean, 0.95) as p95
        from gpu_hour where node = 'a100-06' and name like '%UTIL' group by all
    """
    query = f"select min(mean), max(mean), min(p95), max(p95) from ({per_day})"
    assert values(estate, query) == pytest.approx([44, 44, 97, 97], abs=1)


def test_the_lopsided_node(estate: duckdb.DuckDBPyConnection) -> None:
    per_gpu = "select gpu, avg(mean) as mean from gpu_hour where node = 'a100-05' and name like '%UTIL' group by all"
    query = f"select avg(mean), count(*) filter (mean = 0), min(gpu) filter (mean = 0) from ({per_gpu})"
    assert values(estate, query) == [61, 3, 5]


def test_two_nodes_have_no_exporter(estate: duckdb.DuckDBPyConnection) -> None:
    found = estate.sql("select node from node_day where node not in (select node from gpu_hour) group by all order by all").fetchall()
    assert found == [("a100-07",), ("a100-08",)]


def test_the_counter_reset_doubles_a_naive_reading(estate: duckdb.DuckDBPyConnection) -> None:
    chat = "name = 'vllm:prompt_tokens_total' and labels['pod'] like 'chat-llm%'"
    naive = f"select sum(spread) from (select max(value) - min(value) as spread from counters where {chat} group by labels)"
    assert values(estate, f"select ({naive}) / sum(gain) from increase where {chat}") == pytest.approx([2], abs=1e-6)


def test_usage_grows_by_nine_percent(estate: duckdb.DuckDBPyConnection) -> None:
    week = "sum(gain) filter (ts::date between date '{}' and date '{}')"
    for name in ("vllm:prompt_tokens_total", "embedding_vectors_total", "fraud_training_epochs_total"):
        weeks = f"{week.format('2026-11-09', '2026-11-15')} / {week.format('2026-08-24', '2026-08-30')}"
        query = f"select {weeks} from increase where name = '{name}'"
        assert values(estate, query) == pytest.approx([1.09], abs=0.002)


def test_chat_p95_by_interpolation(estate: duckdb.DuckDBPyConnection) -> None:
    at = "sum(gain) filter (labels['le'] = '{}')"
    query = f"""
        select 0.5 + 0.3 * (0.95 * {at.format("+Inf")} - {at.format("0.5")}) / ({at.format("0.8")} - {at.format("0.5")})
        from increase where name like 'vllm:e2e%' and labels['pod'] like 'chat-llm%'
    """
    assert values(estate, query) == pytest.approx([0.612], abs=0.0005)


def test_buckets_never_fall_with_le(estate: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from (
            select value < lag(value) over (partition by labels['pod'], ts order by replace(labels['le'], '+Inf', 'inf')::double) as falls
            from counters where name like 'vllm:e2e%'
        ) where falls
    """
    assert values(estate, query) == [0]


def test_availability_and_its_ceiling(estate: duckdb.DuckDBPyConnection) -> None:
    service = "1 - sum(gain) filter (labels['service'] = '{0}' and labels['status'] = '5xx') / sum(gain) filter (labels['service'] = '{0}')"
    columns = ", ".join(service.format(name) for name in ("chat", "search", "docs"))
    chat, search, docs = values(estate, f"select {columns} from increase where name = 'http_requests_total'")
    assert chat == pytest.approx(0.9962, abs=1e-5)
    assert search * docs == pytest.approx(0.9971, abs=1e-5)


def test_the_fraud_budget_is_spent_on_day_52(estate: duckdb.DuckDBPyConnection) -> None:
    query = """
        with days as (
            select ts::date as day, sum(gain) filter (labels['status'] = '5xx') as bad, sum(gain) as total
            from increase where name = 'http_requests_total' and labels['service'] = 'fraud' group by all
        )
        select min(day)::varchar from (
            select day, sum(bad) over w / (0.001 * sum(total) over w) as spend from days
            window w as (order by day range between interval 29 days preceding and current row)
        ) where spend >= 1
    """
    assert estate.sql(query).fetchall() == [("2026-10-08",)]


def test_six_memory_windows_and_two_alerts(estate: duckdb.DuckDBPyConnection) -> None:
    beyond = """
        select u.labels['Hostname'] as node, u.labels['gpu'] as gpu, u.ts
        from memory as u join memory as f on f.ts = u.ts and f.labels = u.labels and f.name like '%FREE'
        where u.name like '%USED' and u.value / (u.value + f.value) > 0.95
    """
    starts = "coalesce(ts - lag(ts) over (partition by node, gpu order by ts) > interval 1 hour, true)"
    assert values(estate, f"select count(*) filter (new) from (select {starts} as new from ({beyond}))") == [6]
    gaps = "lag(ts) over (order by ts) is distinct from ts - interval 5 minutes"
    assert values(estate, f"select count(*) filter (new) from (select {gaps} as new from alerts)") == [2]


def test_37_pending_hours_beside_eight_free_gpus(estate: duckdb.DuckDBPyConnection) -> None:
    waiting = "select labels['pod'] as pod, ts from kube where name like '%phase' and labels['phase'] = 'Pending' and value = 1"
    assert values(estate, f"select count(*), count(distinct pod) from ({waiting})") == [37, 1]
    then = f"hour in (select ts from ({waiting}))"
    free = f"select hour, count(*) as gpus from gpu_hour where pod is null and name like '%UTIL' and {then} group by all"
    assert values(estate, f"select min(gpus), max(gpus), count(*) from ({free})") == [8, 8, 37]


def test_one_workload_does_not_run(estate: duckdb.DuckDBPyConnection) -> None:
    assert values(estate, "select count(*) from kube where labels['pod'] like 'chat-guard%'") == [0]
    assert values(estate, "select count(distinct labels['pod']) from kube where labels['pod'] like 'notebook%'") == [1]


def test_the_scrape_interval_changes_on_day_76(estate: duckdb.DuckDBPyConnection) -> None:
    per_hour = "select hour::date as day, samples from gpu_hour where node = 'h100-04' group by all"
    query = f"select min(day) filter (samples > 1)::varchar, max(day) filter (samples = 1)::varchar from ({per_hour})"
    assert estate.sql(query).fetchall() == [("2026-11-01", "2026-10-31")]


def test_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(Exception, match="not empty"):
        write_estate(tmp_path, 7)
