"""Killed at 20 random moments and run again, an audit ends with the rows of a run that nobody disturbed."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ASSAY, Audited, assay, row_hashes

KILLS = 20
SEED = 20260930


@pytest.mark.timeout(1800)
def test_kills_leave_no_trace(audited_short: Audited, tmp_path: Path) -> None:
    home, whole = tmp_path / "home", float((audited_short.home / "seconds.txt").read_text())
    command = [ASSAY, "run", "--audit", str(audited_short.audit), "--home", str(home), "--json"]
    moments = random.Random(SEED)
    for kill in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        latest = 0.95 if kill % 5 == 0 else 0.2  # each start repeats what was not finished, so late kills cost most
        time.sleep(moments.uniform(0.5, whole * latest))
        process.send_signal(signal.SIGKILL)
        assert process.wait() in (0, -signal.SIGKILL)  # no start is refused because of what was killed before
    assay("run", "--audit", audited_short.audit, "--home", home)
    assert row_hashes(home / "marts.duckdb") == row_hashes(audited_short.home / "marts.duckdb")
