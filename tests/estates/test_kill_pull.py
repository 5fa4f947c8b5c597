"""Pulls from PagerDuty and Slack (emulators), killed at random moments and started again, fill the lake as an undisturbed one does.

`make soak` kills more often (ASSAY_KILLS).
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ASSAY, assay
from tests.live_estate import LiveEstate, running_incidents

KILLS = int(os.environ.get("ASSAY_KILLS", "10"))
SEED = 20261115
SALT = "0" * 32


@pytest.fixture
def live(estate: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveEstate]:
    with running_incidents(estate(), tmp_path, monkeypatch) as started:
        for emulator in started.emulators.values():
            emulator.faults = 0.1  # what stands between requests makes moments to be killed at
        yield started


def _home(path: Path) -> Path:
    path.mkdir()
    (path / "pseudonym.salt").write_text(SALT)
    return path


def _lake(home: Path) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Every committed day with the digest of its rows, and every file besides."""
    days: dict[tuple[str, ...], tuple[object, ...]] = {}
    for path in sorted((home / "lake").rglob("*")):
        if path.name == "_manifest.json":
            told = json.loads(path.read_bytes())
            days[told["source"], told["table"], told["day"]] = (told["sha256"], told["rows_loaded"], told["rows_quarantined"], told["file"])
        elif path.is_file():
            days[str(path.relative_to(home)),] = ()
    return days


def _killed(live: LiveEstate, home: Path, after: int, wait: float) -> bool:
    """Whether a pull was killed once it had asked so many times and some seconds more; False: it was done before."""
    started = sum(live.asked().values())
    process = subprocess.Popen(
        [ASSAY, "backfill", "--audit", str(live.audit), "--home", str(home)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while process.poll() is None and sum(live.asked().values()) - started < after:
        time.sleep(0.002)
    time.sleep(wait)
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    said = process.communicate()[1]
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode != 0


@pytest.mark.timeout(3600)
def test_kills_lose_nothing_and_double_nothing(live: LiveEstate, tmp_path: Path) -> None:
    whole = _home(tmp_path / "whole")
    assay("backfill", "--audit", live.audit, "--home", whole)
    wanted, requests = _lake(whole), sum(live.asked().values())
    rows = [sum(int(str(told[1])) for key, told in wanted.items() if len(key) == 3 and key[0] == name) for name in ("pagerduty", "slack")]
    assert all(rows), rows
    moments, kills, left_to_do = random.Random(SEED), 0, 0
    home = _home(tmp_path / "home")
    while kills < KILLS:
        if _killed(live, home, moments.randint(1, requests // 4), moments.uniform(0, 0.3)):  # early, as each pull is shorter than the last
            kills += 1
            left_to_do += _lake(home) != wanted
        else:
            assert _lake(home) == wanted
            shutil.rmtree(home)
            _home(home)
    assay("backfill", "--audit", live.audit, "--home", home)
    assert _lake(home) == wanted
    assert left_to_do > KILLS / 2  # else the kills came too late to disturb anything
