"""Real servers for tests, each on a free port of the loopback interface and stopped when its test session ends."""

import gzip
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

READY_WITHIN_SECONDS = 60


@pytest.fixture(scope="session")
def prometheus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a Prometheus that holds the samples of OpenMetrics files (one day each; .gz too): `prometheus_server(files, *flags)` → url."""
    absent = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed; apt-get install -y --no-install-recommends prometheus")
    running: list[subprocess.Popen[bytes]] = []

    def start(files: Sequence[Path], *flags: str) -> str:
        folder = tmp_path_factory.mktemp("prometheus")
        for file in files:
            _backfill(file, folder)
        config = folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1h}\n")
        port = free_port()
        command = [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        command += ["--storage.tsdb.retention.time=10y", "--log.level=error", *flags]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, running[-1])
        return url

    yield start
    for server in running:
        server.terminate()
        server.wait(timeout=30)


def _backfill(file: Path, folder: Path) -> None:
    """One file a day: promtool reads a file again for every block that it makes of it."""
    text = folder / file.name.removesuffix(".gz")
    text.write_bytes(gzip.decompress(file.read_bytes()) if file.name.endswith(".gz") else file.read_bytes())
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        "--max-block-duration=24h",
        str(text),
        str(folder / "tsdb"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    text.unlink()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"prometheus ended with {server.returncode}")
        try:
            if httpx.get(f"{url}/-/ready", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"prometheus was not ready after {READY_WITHIN_SECONDS} s")
