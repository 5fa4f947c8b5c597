"""A target that disappears and comes back, scraped by a real Prometheus: its staleness markers become neither samples nor increases."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from audit_assets.audit_sources import MetricSource
from audit_assets.lake import Lake
from audit_assets.metrics import catalog
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.rollup import RollupSource
from tests.servers import free_port
from tests.unit.metrics_text import commit_days

METRIC = "vllm:request_success_total"
CONFIG = "global: {{scrape_interval: 250ms}}\nscrape_configs: [{{job_name: chat, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
PATIENCE_SECONDS = 30


@contextmanager
def target(port: int, answers: list[int]) -> Iterator[None]:
    """A process that counts its scrapes from 1, and notes what it answered."""
    counted = 0

    class Exposition(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal counted
            counted += 1
            answers.append(counted)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(f"# TYPE {METRIC} counter\n{METRIC} {counted}\n".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    HTTPServer.allow_reuse_address = True
    server = HTTPServer(("127.0.0.1", port), Exposition)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that a server does by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def answered(url: str, query: str) -> list[str]:
    result = httpx.get(f"{url}/api/v1/query", params={"query": query}, trust_env=False).json()["data"]["result"]
    return [series["value"][1] for series in result]


def days_around() -> list[date]:
    """Today, and tomorrow for a test that runs into it."""
    today = datetime.now(UTC).date()
    return [today, today + timedelta(days=1)]


@pytest.mark.parametrize("by_chunks", [False, True])
def test_a_target_that_disappears_and_comes_back(
    prometheus_server: Callable[..., str], tmp_path: Path, by_chunks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    before: list[int] = []
    after: list[int] = []
    days = days_around()
    url = prometheus_server([], config_text=CONFIG.format(port=port))
    with target(port, before):
        until(lambda: len(before) >= 5)
    # gone at once, not after five minutes of look-back: the marker is there
    until(lambda: answered(url, "up") == ["0"] and answered(url, METRIC) == [])
    time.sleep(1)
    with target(port, after):
        until(lambda: len(after) >= 5)
    until(lambda: answered(url, "up") == ["0"])

    if by_chunks:
        monkeypatch.setattr(PrometheusServer, "_vector", None)
    monkeypatch.setattr(catalog, "wanted", lambda names, counters: [METRIC])
    spec = MetricSource(name="live", kind="prometheus", url=url, cluster="prod", match=None if by_chunks else [METRIC])
    source = PrometheusServer(spec, tmp_path / "index")
    lake = Lake(tmp_path / "lake")
    commit_days(source, days, lake, tmp_path / "samples")
    rollups = RollupSource("live", "prod", lake)
    commit_days(rollups, days, lake, tmp_path / "rollups")
    samples, series, increases = (_whole(lake, source, rollups, name, days) for name in ("samples", "series", "counter_5m"))

    assert samples["value"].to_pylist() == [*before, *after]
    assert max(series["longest_gap_seconds"].to_pylist()) >= 1
    # the first sample ever adds nothing; after the restart the counter's value is the increase
    assert sum(increases["increase"].to_pylist()) == before[-1] - before[0] + after[-1]
    assert sum(increases["resets"].to_pylist()) == 1


def _whole(lake: Lake, source: PrometheusServer, rollups: RollupSource, name: str, days: list[date]) -> pa.Table:
    (table,) = [table for table in (*source.tables, *rollups.tables) if table.name == name]
    rows = pa.concat_tables([lake.read("live", table, day) for day in days])
    return rows.sort_by("ts") if name == "samples" else rows
