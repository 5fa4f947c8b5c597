"""What a command costs: CPU seconds, wall seconds and peak memory of the process and its children."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryFile


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system), wall seconds, and peak resident memory in MiB of the largest process."""

    cpu: float
    wall: float
    peak_mib: float


def cost_of(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and measure it with its own children. Raises CalledProcessError with its words when it fails."""
    with TemporaryFile() as words:
        started = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=words, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, words.read())
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - started, used.ru_maxrss / 1024)


def measured(work: Callable[[], object]) -> tuple[float, float, float]:
    """CPU and wall seconds of the work, and this process's peak MiB."""
    cpu, wall = time.process_time(), time.monotonic()
    work()
    return time.process_time() - cpu, time.monotonic() - wall, getrusage(RUSAGE_SELF).ru_maxrss / 1024
