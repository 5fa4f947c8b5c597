"""Hourly p95 latency of many services: the project's models against a plain DuckDB query on the same rows.

Run as a module by `bench`: `python -m bench.slis write DAYS FILE`, then `models FILE` or `reference FILE`, which print CPU seconds, wall
seconds and peak MiB. The rows are what 20 services with 14 buckets, scraped every 60 s, leave in the lake: increases of five minutes.
"""

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from audit_assets.warehouse.mount import mount
from bench.measure import measured
from bench.models import THREADS
from tests.compiled_models import DATABASE, SCHEMAS, CompiledModels

SERVICES, BUCKETS, START = 20, 14, date(2026, 6, 1)
ROWS = f"""
    select
        'prometheus' as source, 'prod' as cluster, hash(service)::ubigint as histogram_id, 'vllm:e2e_request_latency_seconds' as metric,
        map{{'service': 'service-' || service}} as labels, null::varchar as namespace, null::varchar as pod,
        make_timestamptz(epoch_us(timestamp '{START}' + to_minutes(5 * slot::bigint))) as bucket_start,
        if(bucket = {BUCKETS - 1}, 'inf'::double, 0.1 * pow(1.6, bucket)) as le,
        floor(300 * (1 - pow(0.5 + (hash(service, slot // 12) % 100) / 400.0, bucket + 1)))::double as increase, 0 as resets, 5 as samples
    from range({SERVICES}) as services(service), range(SLOTS) as slots(slot), range({BUCKETS}) as buckets(bucket)
    order by service, bucket, slot
"""
REFERENCE = """
    with hours as (
        select histogram_id, date_trunc('hour', bucket_start) as hour, le, sum(increase) as observations
        from read_parquet('{file}') group by all
    ),

    steps as (
        select
            *, max(observations) over histogram as total,
            lag(observations, 1, 0) over bounds as below, lag(le, 1, 0) over bounds as below_le
        from hours
        window histogram as (partition by histogram_id, hour), bounds as (partition by histogram_id, hour order by le)
    )

    select histogram_id, hour, min(below_le + (le - below_le) * (0.95 * total - below) / (observations - below)) as p95
    from steps where observations >= 0.95 * total and below < 0.95 * total group by all
"""


def main() -> None:
    """Write, or measure and print."""
    match sys.argv[1:]:
        case ["write", days, file]:
            write(int(days), Path(file))
        case ["models", file]:
            print(*models_cost(Path(file)))
        case ["reference", file]:
            print(*measured(lambda: duckdb.connect(config={"threads": THREADS}).execute(REFERENCE.format(file=file)).to_arrow_table()))
        case _:
            raise SystemExit(__doc__)


def write(days: int, file: Path) -> None:
    """The lake's `histogram_5m` of all services over `days` days, as Parquet in the table's schema."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute("set timezone = 'UTC'")
        query = ROWS.replace("SLOTS", str(days * 288))
        connection.execute(f"copy (select {', '.join(SCHEMAS['histogram_5m'].names)} from ({query})) to '{file}' (compression zstd)")


def models_cost(file: Path) -> tuple[float, float, float]:
    """Building `int_sli__latency_hourly` and all it reads."""
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": THREADS}) as connection:
        models = CompiledModels(Path(folder), ("int_sli__latency_hourly",))
        connection.execute(f"attach '{folder}/built.duckdb' as {DATABASE}; use {DATABASE}; set timezone = 'UTC'")
        mount(connection, models.empty_lake, None)
        services = [{"service": f"service-{number}", "depends_on": []} for number in range(SERVICES)]
        given = pa.Table.from_pylist(services, schema=SCHEMAS["declared_services"])
        connection.register("given", given)
        connection.execute("create or replace table lake_services as select * from given")
        connection.execute("create or replace view lake.declared_services as select * from lake_services")
        connection.execute(f"create or replace view lake.histogram_5m as select * from read_parquet('{file}')")
        cost = measured(lambda: models.build(connection))
        (hours,) = connection.execute("select count(*) from int_sli__latency_hourly where quantile = 0.95").fetchone() or (0,)
        (slots,) = connection.execute("select count(distinct bucket_start) from lake.histogram_5m").fetchone() or (0,)
        assert hours == SERVICES * slots / 12, f"{hours} hours of {SERVICES} services over {slots} slots"
        return cost


if __name__ == "__main__":
    main()
