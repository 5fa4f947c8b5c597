"""Killed at 20 random moments and run again, an audit ends with the rows of a run that nobody disturbed."""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import ASSAY, assay, row_hashes

KILLS, DAYS = 20, 10
SEED = 20260930


@pytest.fixture
def short_audit(estate: Callable[..., Path], tmp_path: Path) -> Path:
    """The estate's last days: every stage is there, and a kill hits each of them sooner."""
    folder = tmp_path / "estate"
    shutil.copytree(estate(), folder)
    declared = yaml.safe_load((folder / "audit.yaml").read_text())
    declared["audit"]["window"]["days"] = DAYS
    (folder / "audit.yaml").write_text(yaml.safe_dump(declared))
    return folder / "audit.yaml"


@pytest.mark.timeout(1800)
def test_kills_leave_no_trace(short_audit: Path, tmp_path: Path) -> None:
    undisturbed, home = tmp_path / "undisturbed", tmp_path / "home"
    started = time.monotonic()
    assay("run", "--audit", short_audit, "--home", undisturbed)
    whole = time.monotonic() - started
    command = [ASSAY, "run", "--audit", str(short_audit), "--home", str(home), "--json"]
    moments = random.Random(SEED)
    for kill in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.5, whole * (0.3 if kill % 2 else 0.95)))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assay("run", "--audit", short_audit, "--home", home)
    assert row_hashes(home / "marts.duckdb") == row_hashes(undisturbed / "marts.duckdb")
