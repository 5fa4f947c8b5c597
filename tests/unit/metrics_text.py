"""Writing metrics text and reading it through the source, for tests."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.lake import Lake
from audit_assets.metrics.exposition import Exposition
from audit_assets.metrics.openmetrics import OpenMetricsFiles
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.rollup import RollupSource
from audit_assets.objects import stat
from audit_assets.source import Partition

DAY = date(2026, 9, 21)
DAY_START = int(datetime(2026, 9, 21, tzinfo=UTC).timestamp())


def write_text(folder: Path, text: str | bytes, name: str = "metrics.om") -> Path:
    """A metrics file; compressed when its name says so."""
    content = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def exposition_of(folder: Path, text: str | bytes, name: str = "metrics.om") -> Exposition:
    """A file about to be read."""
    return Exposition(stat(write_text(folder, text, name), folder))


def files_source(folder: Path, name: str = "archive", cluster: str = "prod") -> OpenMetricsFiles:
    """All files below a folder as a source."""
    return OpenMetricsFiles(name, ".", folder, folder / ".index", cluster)


def extracted(source: OpenMetricsFiles, days: list[date], scratch: Path) -> dict[tuple[str, date], Partition]:
    """Partitions by table and day, with rows as Arrow tables."""
    scratch.mkdir(parents=True, exist_ok=True)
    found = {}
    for part in source.extract(source.inputs(days), scratch):
        rows = pq.read_table(part.rows, schema=part.table.schema) if isinstance(part.rows, Path) else part.rows
        found[part.table.name, part.day] = Partition(part.table, part.day, rows, part.quarantined, part.inputs)
    return found


def samples_of(folder: Path, day: date = DAY) -> list[tuple[str, datetime, float]]:
    """(metric, time, value) of a day of all files below a folder, in order."""
    parts = extracted(files_source(folder), [day], folder / ".scratch")
    if ("samples", day) not in parts or ("series", day) not in parts:
        return []
    metrics = {row["series_id"]: row["metric"] for row in parts["series", day].rows.to_pylist()}
    return sorted((metrics[row["series_id"]], row["ts"], row["value"]) for row in parts["samples", day].rows.to_pylist())


def rolled_up(folder: Path, days: list[date], cluster: str = "prod") -> dict[str, pa.Table]:
    """Every rollup of all files below a folder, by table, the days end to end."""
    lake = Lake(folder / ".lake")
    source = files_source(folder, cluster=cluster)
    commit_days(source, days, lake, folder / ".scratch-samples")
    rollups = RollupSource(source.name, cluster, lake)
    commit_days(rollups, days, lake, folder / ".scratch-rollups")
    return {table.name: pa.concat_tables([lake.read(source.name, table, day) for day in days]) for table in rollups.tables}


def commit_days(source: OpenMetricsFiles | PrometheusServer | RollupSource, days: list[date], lake: Lake, scratch: Path) -> None:
    """What a source says of some days, in a lake."""
    scratch.mkdir(parents=True)
    for part in source.extract(source.inputs(days), scratch):
        lake.commit(source.name, part, "digest", datetime(2026, 1, 1, tzinfo=UTC))
