"""The rollups that relate series to each other: GPUs, nodes, pods, alerts and thresholds, as SQL over the day's hours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audit_assets.metrics import catalog
from audit_assets.metrics.tables import ALERT_WINDOWS, GPU_HOURLY, NODE_HOURLY, POD_HOURLY, THRESHOLD_WINDOWS
from audit_assets.tables import Table

_SQL = Path(__file__).parent / "sql"


def relational_tables(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    cluster: str,
    series: pa.Table,
    hourly: pa.Table,
    increments: pa.Table,
    samples: Path,
) -> dict[Table, pa.Table]:
    """GPU, node, pod, alert and threshold rollups of one day.

    `hourly` and `increments` are the outputs of reduce.py with `series_id`, for the metrics that are reduced apart; `samples` is the day's
    Parquet.
    """
    for name, rows in (("series", series), ("hourly", hourly), ("increments", increments)):
        # copied in: DuckDB 1.5 pushes filters into Arrow tables through a signed 64-bit number, which a series_id overflows
        connection.register("given", rows)
        connection.execute(f"create or replace temp table {name} as select * from given")
    connection.read_parquet(str(samples)).create_view("samples")
    facts = _facts(source, cluster)
    for preparation in ("prepare", "gpu_prepare"):
        _run(connection, preparation, facts)
    return {
        table: _run(connection, table.name, facts).cast(table.schema)
        for table in (GPU_HOURLY, NODE_HOURLY, POD_HOURLY, ALERT_WINDOWS, THRESHOLD_WINDOWS)
    }


def _facts(source: str, cluster: str) -> Mapping[str, Any]:
    threshold = catalog.GPU_MEMORY_ABOVE_95
    return {
        "source": source,
        "cluster": cluster,
        "gpu_metrics": list(catalog.GPU_METRICS),
        "node_metrics": list(catalog.NODE_METRICS),
        "pod_metrics": list(catalog.POD_METRICS),
        "sm_active": catalog.SM_ACTIVE,
        "gpu_util": catalog.GPU_UTIL,
        "fb_used": catalog.FB_USED,
        "fb_free": catalog.FB_FREE,
        "power": catalog.POWER,
        "temperature": catalog.TEMPERATURE,
        "xid": catalog.XID,
        "thermal_violation": catalog.THERMAL_VIOLATION,
        "threshold": threshold.name,
        "above": threshold.limit,
        "seconds": threshold.seconds,
    }


def _run(connection: duckdb.DuckDBPyConnection, name: str, facts: Mapping[str, Any]) -> pa.Table:
    """Execute every statement of `sql/<name>.sql`; returns the rows of the last one."""
    for statement in connection.extract_statements((_SQL / f"{name}.sql").read_text(encoding="utf-8")):
        used = {key: facts[key] for key in statement.named_parameters}
        connection.execute(statement, used)
    return connection.to_arrow_table()
