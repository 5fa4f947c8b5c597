"""Estates and audited homes that tests share. They are made once a test session, whichever worker asks first."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.servers import prometheus_server, s3_server

__all__ = ["prometheus_server", "s3_server"]
os.environ.setdefault("ASSAY_THREADS", "1")  # of dbt: tests run side by side already
ASSAY = str(Path(sys.executable).with_name("assay"))
VOLATILE = {
    "meta_runs": ["started_at", "finished_at", "run_id", "versions", "status"],
    "meta_sources": ["extracted_at", "sha256", "bytes"],
}  # files with pseudonyms differ between homes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: "test_kill" not in item.nodeid)


@dataclass(frozen=True)
class Audited:
    """An estate and the home of a finished run over it."""

    estate: Path
    home: Path
    output: str

    @property
    def audit(self) -> Path:
        return self.estate / "audit.yaml"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home / "marts.duckdb", read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def claims(self) -> dict[str, tuple[float | None, str]]:
        """Claim id → value and status."""
        return {claim: (value, status) for claim, value, status in self.query("select claim_id, value, status from fct_claims")}


def assay(*arguments: object, check: bool = True, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    environment = {**os.environ, "DAGSTER_DISABLE_TELEMETRY": "yes"}
    done = subprocess.run([ASSAY, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=cwd, check=False)
    if check and done.returncode:
        raise AssertionError(f"assay {arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    assert "emitted no result" not in done.stderr, done.stderr  # a check that was left out checks nothing
    return done


def row_hashes(marts: Path) -> dict[str, str]:
    """A digest of each mart's rows, whatever their order; what tells when a run happened is left out."""
    with duckdb.connect(marts, read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {name: _hash(connection, name) for name in names}


def _hash(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    excluded = VOLATILE.get(name, [])
    columns = f"* exclude ({', '.join(excluded)})" if excluded else "*"
    query = (
        f"select count(*), md5(string_agg(h, '' order by h)) from (select md5(t::varchar) as h from (select {columns} from {name}) as t)"
    )
    return str(connection.execute(query).fetchone())


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Whether `folder` is still to be made; other workers wait until it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = folder / ".made"
        yield not marker.exists()
        marker.touch()


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this session."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def estate(session_folder: Path) -> Callable[..., Path]:
    """A small estate by seed; not to be changed by a test: copy it first."""

    def make(seed: int = 7, control: bool = False) -> Path:
        folder = session_folder / "estates" / f"{'control' if control else 'demo'}-{seed}"
        with made_once(folder) as needed:
            if needed:
                assay("demo", "--out", folder, "--seed", seed, "--scale", "small", *(["--control"] if control else []))
                with (folder / "audit.yaml").open("a") as declared:
                    declared.write("documents: {pdf: false}\n")  # they take long to make; the audit of nothing has them
        return folder

    return make


@pytest.fixture(scope="session")
def audited(estate: Callable[..., Path], session_folder: Path) -> Callable[..., Audited]:
    """A finished audit of a small estate; not to be changed by a test: use `copied`."""

    def make(seed: int = 7, control: bool = False) -> Audited:
        return _audited_once(estate(seed, control), session_folder)

    return make


@pytest.fixture
def copied(audited: Callable[..., Audited], tmp_path: Path) -> Audited:
    """A copy of the audited estate of seed 7 and its home, to do harm to."""
    made = audited()
    estate, home = tmp_path / "estate", tmp_path / "home"
    shutil.copytree(made.estate, estate)
    shutil.copytree(made.home, home)
    return Audited(estate, home, made.output)


@pytest.fixture(scope="session")
def short_estate(estate: Callable[..., Path], session_folder: Path) -> Path:
    """The last three days of the estate of seed 7, where every stage is there and none takes long; not to be changed by a test."""
    folder = session_folder / "estates" / "short-7"
    with made_once(folder) as needed:
        if needed:
            shutil.copytree(estate(), folder, ignore=shutil.ignore_patterns(".made"))
            declared = yaml.safe_load((folder / "audit.yaml").read_text())
            declared["audit"]["window"]["days"] = 3
            (folder / "audit.yaml").write_text(yaml.safe_dump(declared))
    return folder


@pytest.fixture(scope="session")
def audited_short(short_estate: Path, session_folder: Path) -> Audited:
    """A finished audit of the short estate; not to be changed by a test."""
    return _audited_once(short_estate, session_folder)


def _audited_once(estate: Path, session_folder: Path) -> Audited:
    """The estate with a home, in which lie what the run said and how many seconds it took."""
    home = session_folder / "homes" / estate.name
    with made_once(home) as needed:
        if needed:
            began = time.monotonic()
            done = assay("run", "--audit", estate / "audit.yaml", "--home", home)
            (home / "output.txt").write_text(done.stdout)
            (home / "seconds.txt").write_text(str(time.monotonic() - began))
    return Audited(estate, home, (home / "output.txt").read_text())


@pytest.fixture
def short_audit(short_estate: Path, tmp_path: Path) -> Path:
    """The audit.yaml of a copy of the short estate."""
    return Path(shutil.copytree(short_estate, tmp_path / "short")) / "audit.yaml"


def as_json(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed with --json."""
    return json.loads(done.stdout)
