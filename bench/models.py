"""What the SQL of some models costs over the days of an audited home, without dbt around it.

Run as a module by `bench`: `python -m bench.models AUDIT HOME DAYS GOAL…` prints
CPU seconds, wall seconds and peak MiB of building the goals and all they read.
"""

import sys
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

import duckdb

from audit_assets.audit import Audit, load_audit
from audit_assets.lake import Lake
from audit_assets.warehouse.mount import mount
from tests.compiled_models import DATABASE, CompiledModels

THREADS = 1  # as in the dbt profile


def main() -> None:
    """Measure and print."""
    audit, home, days, *goals = sys.argv[1:]
    with TemporaryDirectory() as folder:
        models = CompiledModels(Path(folder), tuple(goals))
        print(*cost(models, _last_days(load_audit(Path(audit)), int(days)), Lake(Path(home) / "lake"), Path(folder) / "built.duckdb"))


def cost(models: CompiledModels, audit: Audit, lake: Lake, path: Path, query: str = "select 1") -> tuple[float, float, float]:
    """CPU and wall seconds while the models are built in a file and the query is asked, and this process's peak MiB."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(f"attach '{path}' as {DATABASE}; use {DATABASE}; set asof_loop_join_threshold = 0; set timezone = 'UTC'")
        connection.execute("set parquet_metadata_cache = true")
        mount(connection, lake, audit)
        cpu, wall = time.process_time(), time.monotonic()
        models.build(connection)
        connection.execute(query)
        return time.process_time() - cpu, time.monotonic() - wall, getrusage(RUSAGE_SELF).ru_maxrss / 1024


def _last_days(audit: Audit, days: int) -> Audit:
    settings = audit.audit.model_copy(update={"window": audit.audit.window.model_copy(update={"days": days})})
    kept = {name: getattr(audit, name) for name in Audit.model_fields}
    return Audit.model_construct(**kept | {"audit": settings})


if __name__ == "__main__":
    main()
