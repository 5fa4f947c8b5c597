"""The Dagster daemon, for real: it reads what is there, then a new billing object and a new day, and publishes; the UI shows it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import duckdb
import pytest
import yaml

from audit_assets.audit import load_audit
from audit_assets.home import Home
from audit_assets.record import is_finished, run_id_of
from audit_assets.run import dagster_instance
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
WITHIN_SECONDS = 900
SECRETS = {"SLACK_WEBHOOK": "https://hooks.slack.com/services/canary-one", "PAGERDUTY_KEY": "canary-two"}
BIN = Path(sys.executable).parent
QUERY = """{
  runsOrError(limit: 20) { ... on Runs { results { jobName status tags { key value } } } }
  assetOrError(assetKey: {path: ["marts"]}) { ... on Asset { assetMaterializations(limit: 1) { runId } } }
  assetCheckExecutions(assetKey: {path: ["lake", "charges"]}, checkName: "fresh", limit: 1) { status evaluation { description } }
}"""


pytestmark = pytest.mark.timeout(2 * WITHIN_SECONDS)


@pytest.fixture
def newest(short_audit: Path) -> tuple[str, dict[Path, Path]]:
    """The newest day, and the files that name it, which are hidden: files that begin with a dot are not read."""
    end = str(yaml.safe_load(short_audit.read_text())["audit"]["window"]["end"])
    folders = [short_audit.parent / name for name in ("metrics", "billing")]
    hidden = {path: path.with_name(f".{path.name}") for folder in folders for path in sorted(folder.rglob(f"*{end}*"))}
    declared = yaml.safe_load(short_audit.read_text())
    declared["notify"] = [{"kind": "slack", "secret": "${SLACK_WEBHOOK}"}, {"kind": "pagerduty", "secret": "${PAGERDUTY_KEY}"}]
    short_audit.write_text(yaml.safe_dump(declared))
    assert {path.relative_to(short_audit.parent).parts[0] for path in hidden} == {"metrics", "billing"}
    for path, away in hidden.items():
        path.rename(away)
    return end, hidden


@contextmanager
def platform(audit: Path, tmp_path: Path) -> Iterator[tuple[Home, str]]:
    """Code server, daemon and UI as three processes, as in production; → the home and the UI's address."""
    home = Home(tmp_path / "home").prepare()
    with dagster_instance(home):
        pass  # writes dagster.yaml
    code, page = free_port(), free_port()
    workspace = tmp_path / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": code, "location_name": "assay"}
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    environment = {
        **os.environ,
        **SECRETS,
        "DAGSTER_HOME": str(home.dagster),
        "ASSAY_AUDIT": str(audit),
        "ASSAY_HOME": str(home.root),
    }
    commands = [
        ["dagster", "code-server", "start", "-h", "127.0.0.1", "-p", str(code), "-m", "audit_assets.definitions", "-a", "location"],
        ["dagster-daemon", "run", "-w", str(workspace)],
        ["dagster-webserver", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(page)],
    ]
    running = []
    try:
        for number, command in enumerate(commands):
            log = (tmp_path / f"process-{number}.log").open("wb")
            words = [str(BIN / command[0]), *command[1:]]
            running.append(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True))
            if number == 0:
                until(lambda: listens(code), running, "the code server")
        yield home, f"http://127.0.0.1:{page}/graphql"
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a code server that a shell put in the background hears no TERM, nor does its child
            process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(holds: Callable[[], bool], running: "list[subprocess.Popen[bytes]]", what: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert all(process.poll() is None for process in running), f"a process ended before {what}"
        if holds():
            return
        time.sleep(1)
    raise AssertionError(f"not within {WITHIN_SECONDS} s: {what}")


def asked(address: str) -> dict[str, Any]:
    request = Request(address, json.dumps({"query": QUERY}).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=20) as answer:
            return dict(json.loads(answer.read())["data"])
    except (URLError, OSError):
        return {}


def billed(home: Home) -> str | None:
    """The last day of which the published marts know the spend."""
    if not home.marts.exists():
        return None
    with duckdb.connect(home.marts, read_only=True) as connection:
        (day,) = connection.execute("select max(day) from fct_gpu_spend_daily").fetchall()[0]
    return str(day)


def test_the_daemon_keeps_the_audit_fresh(short_audit: Path, tmp_path: Path, newest: tuple[str, dict[Path, Path]]) -> None:
    (end, hidden), audit = newest, load_audit(short_audit)
    with platform(short_audit, tmp_path) as (home, address):
        charges = home.lake.root / audit.sources.billing[0].name / "charges"
        until(lambda: any(charges.glob("day=*/*.parquet")), [], "the first bill in the lake")
        for path, away in hidden.items():
            away.rename(path)
        until(lambda: billed(home) == end and is_finished(home, run_id_of(audit, home)), [], "marts and documents of the new day")
        told = asked(address)
    runs = told["runsOrError"]["results"]
    assert {run["jobName"] for run in runs if run["status"] == "SUCCESS"} == {"ingest_days", "ingest_snapshots", "publish_audit"}
    assert not [run for run in runs if run["status"] in ("FAILURE", "CANCELED")]
    assert len(runs) <= 10  # no storm
    assert told["assetOrError"]["assetMaterializations"]
    (check,) = told["assetCheckExecutions"]
    assert check["status"] == "SUCCEEDED" and "speaks" in check["evaluation"]["description"]
    assert (home.artifacts / "cost_model.html").exists()
    kept = [path for path in home.root.parent.rglob("*") if path.is_file() and "estate" not in path.parts]
    assert len(kept) > 100
    assert not [str(path) for path in kept if b"canary-" in path.read_bytes()]  # lake, marts, documents, event log, logs
