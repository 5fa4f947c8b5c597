"""Dagster's run history in a real PostgreSQL server, with the settings file that deploy/ ships."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from audit_assets.home import Home
from tests.conftest import assay
from tests.servers import free_port

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
DEPLOY = Path(__file__).parents[2] / "deploy"
pytestmark = pytest.mark.skipif(BIN is None, reason="no PostgreSQL server on this machine; apt-get install postgresql")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server on a free port of the loopback interface → its address. It refuses to run as root, so it does not."""
    pytest.importorskip("dagster_postgres", reason="uv sync --extra postgres")
    assert BIN is not None
    folder, port = Path(tempfile.mkdtemp(prefix="assay-postgres-")), free_port()
    as_owner: list[str] = []
    if os.geteuid() == 0:
        as_owner = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    subprocess.run(
        [*as_owner, str(BIN / "initdb"), "-D", str(folder / "db"), "-A", "trust", "-U", "dagster"], check=True, capture_output=True
    )
    settings = [f"--port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder)]
    server = subprocess.Popen([*as_owner, str(BIN / "postgres"), "-D", str(folder / "db"), *settings], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            ready = [str(BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            if subprocess.run(ready, check=False).returncode == 0:
                break
            time.sleep(0.2)
        yield f"postgresql+psycopg2://dagster@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=60)
        shutil.rmtree(folder)


def test_runs_are_kept_in_postgres_and_nowhere_else(
    postgres: str, short_audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_PG_URL", postgres)
    home = Home(tmp_path / "home").prepare()
    shutil.copy(DEPLOY / "dagster.yaml", home.dagster / "dagster.yaml")
    assay("backfill", "--audit", short_audit, "--home", home.root, "--only", "billing")
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        runs = instance.get_runs()
        days = instance.get_materialized_partitions(dg.AssetKey(["lake", "charges"]))
    assert {run.job_name: run.status for run in runs} == dict.fromkeys(("ingest_days", "ingest_snapshots"), dg.DagsterRunStatus.SUCCESS)
    assert len(days) == 3
    assert not list(home.root.rglob("*.db"))
