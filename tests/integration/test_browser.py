"""What people look at, in a real browser: the four documents without a network, and the Dagster UI with the materialised run."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import Audited

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
DOCUMENTS = ("index", "cost_model", "risk_register", "slo_proposal", "roadmap")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; apt-get install chromium"),
]


def browse(url: str, profile: Path, *flags: str, seconds: int = 120) -> str:
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True).stdout


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_needs_no_network_and_no_script(audited: Callable[..., Audited], tmp_path: Path, name: str) -> None:
    page = audited().home / "artifacts" / f"{name}.html"
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "http://" not in text.replace("http://www.w3.org", "")
    shot = tmp_path / "page.png"
    dom = browse(
        page.as_uri(), tmp_path, "--host-resolver-rules=MAP * ~NOTFOUND", f"--screenshot={shot}", "--window-size=1280,2400", "--dump-dom"
    )
    assert shot.stat().st_size > 20_000
    assert "Evidence" in dom


@pytest.fixture(scope="module")
def ui(audited: Callable[..., Audited]) -> Iterator[str]:
    made = audited()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(made.home / "dagster"),
        "ASSAY_AUDIT": str(made.audit),
        "ASSAY_HOME": str(made.home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(root / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _when_up(f"http://127.0.0.1:{port}", server)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _when_up(address: str, server: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{address}/server_info", timeout=5):
                return address
        except (URLError, OSError):
            time.sleep(0.5)
    raise AssertionError("the Dagster UI did not come up")


def test_the_ui_shows_the_groups_and_the_finished_run(ui: str, tmp_path: Path) -> None:
    assets = browse(f"{ui}/assets", tmp_path, "--virtual-time-budget=30000", "--dump-dom")
    assert "cost_model" in assets  # the list is drawn as far as the window shows it
    runs = browse(f"{ui}/runs", tmp_path, "--virtual-time-budget=30000", "--dump-dom")
    assert "publish_audit" in runs and "Success" in runs
