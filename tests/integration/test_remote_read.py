"""Chunks of a real Prometheus: the same bytes in the lake as from range vectors and from the text that the server was filled from."""

import math

import pytest

from audit_assets.audit_sources import MetricSource
from audit_assets.days import plan, run_plans
from audit_assets.lake import Lake
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.remote_read import offered
from tests.unit.metrics_text import DAY, DAY_START, files_source, write_text

EXTERNAL = "global: {scrape_interval: 1h, external_labels: {cluster: eu, replica: a}}\n"
OWN = "global: {scrape_interval: 1h, external_labels: {pod: of-the-server}}\n"


def _text():
    """Counters with resets, scrape intervals that change, gaps, one sample alone, and every kind of number."""
    at, moments = 0.0, []
    for number in range(1000):
        at += (15, 15, 15.001, 60, 14.999, 300)[(number // 7) % 6] + (3600 if number == 700 else 0)
        moments.append(DAY_START + at)
    lines = ["# TYPE vllm:resets counter"]
    lines += [f'vllm:resets_total{{pod="a"}} {(number % 400) * 1.7:.6f} {moment:.3f}' for number, moment in enumerate(moments)]
    lines += ["# TYPE vllm:constant gauge", *(f'vllm:constant{{pod="a"}} 42 {moment:.3f}' for moment in moments)]
    noise = [math.sin(moment) * 10 ** (moment % 37 - 18) for moment in moments]
    lines += ["# TYPE vllm:noise gauge"]
    lines += [f'vllm:noise{{pod="b"}} {value!r} {moment:.3f}' for value, moment in zip(noise, moments, strict=True)]
    odd = ["+Inf", "-Inf", "NaN", "-0.0", "5e-324", "1.7976931348623157e308", "0.30000000000000004", "9007199254740993"]
    lines += ["# TYPE vllm:odd gauge", *(f"vllm:odd {value} {DAY_START + 60 * number}" for number, value in enumerate(odd))]
    lines += ["# TYPE up gauge", f'up{{job="alone"}} 1 {DAY_START + 7.5}', "# EOF", ""]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    write_text(folder, _text(), f"{DAY}.om")
    return folder


def _digest(tmp_path, name, source):
    lake = Lake(tmp_path / name)
    assert not run_plans([plan(source, lake, [DAY])], lake, tmp_path / f"{name}-scratch", lambda done: None)
    manifest = lake.manifest("archive", source.tables[0], DAY)
    return manifest.sha256, manifest.rows_loaded


def _source(url, tmp_path):
    spec = {"name": "archive", "kind": "prometheus", "url": url, "cluster": "prod"}
    return PrometheusServer(MetricSource.model_validate(spec), tmp_path / "index")


def test_the_lake_is_the_same_whichever_way_samples_came(prometheus_server, text, tmp_path, monkeypatch):
    """The server adds labels by remote read that range vectors do not have."""
    url = prometheus_server([text / f"{DAY}.om"], config_text=EXTERNAL)
    from_text = _digest(tmp_path, "text", files_source(text))
    assert from_text[1] == 1000 * 3 + 7 + 1
    monkeypatch.setattr(PrometheusServer, "_chunks", lambda self, day: None)
    assert _digest(tmp_path, "range-vectors", _source(url, tmp_path)) == from_text
    monkeypatch.undo()
    monkeypatch.setattr(PrometheusServer, "_vector", None)  # nothing but chunks
    assert _digest(tmp_path, "chunks", _source(url, tmp_path)) == from_text


def test_labels_of_series_that_the_server_also_adds_stay(prometheus_server, text, tmp_path):
    url = prometheus_server([text / f"{DAY}.om"], config_text=OWN)
    assert offered(_source(url, tmp_path).http, DAY_START, DAY_START + 86_400) is None
    assert _digest(tmp_path, "server", _source(url, tmp_path)) == _digest(tmp_path, "text", files_source(text))
