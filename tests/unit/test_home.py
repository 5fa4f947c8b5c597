import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from audit_assets.errors import LakeBusy
from audit_assets.home import Home

HOLD = """
import sys
from pathlib import Path
from audit_assets.home import Home
with Home(Path(sys.argv[1])).prepare().writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline().strip() == "held"
        with pytest.raises(LakeBusy, match=f"pid {holder.pid}"), Home(tmp_path).writing():
            pass
    finally:
        holder.communicate("")
    with Home(tmp_path).writing():
        pass


def test_a_process_may_take_its_own_lock_again(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    with home.writing(), home.writing():
        pass
    with home.writing():
        pass


def test_the_salt_stays(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    assert home.salt() == home.salt()
    assert (tmp_path / "pseudonym.salt").stat().st_mode & 0o777 == 0o600


def test_a_patient_process_waits_for_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline().strip() == "held"
    release = threading.Timer(1.0, lambda: holder.communicate(""))
    release.start()
    try:
        with Home(tmp_path).writing(patience_seconds=30):
            assert holder.stdin is not None and holder.stdin.closed
    finally:
        release.join()
