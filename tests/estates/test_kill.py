"""Killed at 20 random moments and run again, an audit ends with the rows of a run that nobody disturbed."""

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ASSAY, Audited, assay, row_hashes

KILLS = 20
SEED = 20260930


@pytest.mark.timeout(1800)
def test_kills_leave_no_trace(audited: Callable[..., Audited], tmp_path: Path) -> None:
    undisturbed, home = audited(), tmp_path / "home"
    command = [ASSAY, "run", "--audit", str(undisturbed.audit), "--home", str(home), "--json"]
    moments = random.Random(SEED)
    longest = 12.0
    for _ in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.5, longest))
        finished = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        longest = 12.0 if finished else longest + 2.0  # later kills reach the later stages
    assay("run", "--audit", undisturbed.audit, "--home", home)
    assert row_hashes(home / "marts.duckdb") == row_hashes(undisturbed.home / "marts.duckdb")
