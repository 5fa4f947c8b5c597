"""Killed at 20 random moments and run again, an audit ends with the rows of a run that nobody disturbed."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ASSAY, assay, row_hashes

KILLS = 20
SEED = 20260930


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
        latest = 0.95 if kill % 4 == 0 else 0.2  # each start repeats what was not finished, so late kills cost most
        time.sleep(moments.uniform(0.5, whole * latest))
        process.send_signal(signal.SIGKILL)
        assert process.wait() in (0, -signal.SIGKILL)  # no start is refused because of what was killed before
    assay("run", "--audit", short_audit, "--home", home)
    assert row_hashes(home / "marts.duckdb") == row_hashes(undisturbed / "marts.duckdb")
