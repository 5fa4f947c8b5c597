"""A real Prometheus as a source: its days equal the text that it was filled from."""

import pickle
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit_assets.audit_sources import MetricSource
from audit_assets.days import plan, run_plans
from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.lake import Lake
from audit_assets.metrics import prometheus
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.rollup import RollupSource
from tests.unit.metrics_text import DAY, DAY_START, extracted, files_source, write_text

DAYS = [DAY, DAY + timedelta(days=1)]
METRICS = 30  # counters, so that names are asked for in more than one question


def _day_text(start: int) -> str:
    families = []
    for number in range(METRICS):
        name = f"vllm:thing_{number:02d}"
        lines = [f"# TYPE {name} counter"]
        for pod in ("a", "b"):
            labels = f'namespace="n",pod="{pod}",odd="q\\"}},\\\\é\\n"'
            lines += [f"{name}_total{{{labels}}} {second / 7 + number} {start + second}" for second in range(0, 86400, 1200)]
        families.append("\n".join(lines))
    edges = [
        "# TYPE up gauge",
        *(f'up{{job="j"}} {value} {at}' for value, at in ((1, start), (0.1 + 0.2, start + 43200.5), (0, start + 86399.999))),
    ]
    special = ["# TYPE DCGM_FI_DEV_GPU_UTIL gauge", f"DCGM_FI_DEV_GPU_UTIL +Inf {start + 5}", f"DCGM_FI_DEV_GPU_UTIL NaN {start + 6}"]
    other = ["# TYPE unknown_to_the_audit gauge", f"unknown_to_the_audit 1 {start}"]
    return "\n".join([*families, *edges, *special, *other, "# EOF", ""])


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    for number, day in enumerate(DAYS):
        write_text(folder, _day_text(DAY_START + 86400 * number), f"{day}.om.gz")
    return folder


@pytest.fixture(scope="module")
def url(prometheus_server, text):
    return prometheus_server(sorted(text.glob("*.om.gz")))


@pytest.fixture
def range_vectors_only(monkeypatch):
    """As if the server offered no remote read."""
    monkeypatch.setattr(prometheus, "offered", lambda http, start, end: None)


def _server(url, tmp_path, match=(), counters=(), token=None, **settings):
    spec = {"name": "archive", "kind": "prometheus", "url": url, "cluster": "prod", "token": token, "match": list(match) or None}
    return PrometheusServer(MetricSource.model_validate(spec | settings), tmp_path / "index", counters)


def _same(server, files, day, metric_is_fetched):
    """Whether both sources hold the same samples and series of a day."""
    wanted = [metric_is_fetched(metric) for metric in files["series", day].rows["metric"].to_pylist()]
    series = files["series", day].rows.filter(pa.array(wanted))
    known = pa.compute.is_in(files["samples", day].rows["series_id"], series["series_id"])
    samples = files["samples", day].rows.filter(known)
    assert samples.num_rows > 4000
    assert server["samples", day].rows.equals(samples)
    assert server["series", day].rows.drop_columns("metric_type").equals(series.drop_columns("metric_type"))


def test_a_day_of_the_server_equals_the_same_day_as_text(url, text, tmp_path):
    server = extracted(_server(url, tmp_path), DAYS, tmp_path / "server")
    files = extracted(files_source(text), DAYS, tmp_path / "files")
    for day in DAYS:
        _same(server, files, day, lambda metric: metric != "unknown_to_the_audit")
        assert not server["samples", day].quarantined.num_rows


def test_the_lake_has_the_same_digests_from_the_server_as_from_text(url, text, tmp_path):
    """Samples and all that is reduced from them, byte for byte."""
    digests = []
    for name, source in (
        ("chunks", _server(url, tmp_path, counters=["unknown_to_the_audit"])),
        ("range-vectors", _server(url, tmp_path, match=['{__name__=~"vllm:.*|DCGM.*|up|unknown.*"}'])),
        ("files", files_source(text)),
    ):
        lake, scratch = Lake(tmp_path / name), tmp_path / f"{name}-scratch"
        assert not run_plans([plan(source, lake, DAYS)], lake, scratch, lambda done: None)
        rollups = RollupSource("archive", "prod", lake)
        assert not run_plans([plan(rollups, lake, DAYS)], lake, scratch, lambda done: None)
        tables = [
            table for table in (*source.tables, *rollups.tables) if table.name != "series"
        ]  # which tells types, that a server may lack
        found = {(table.name, day): lake.manifest("archive", table, day) for table in tables for day in DAYS}
        digests.append({key: (one.sha256, one.rows_loaded) for key, one in found.items() if one})
    assert digests[0] == digests[1] == digests[2]
    assert len([1 for _, rows in digests[0].values() if rows]) >= 4


@pytest.mark.parametrize("limit", ["max_samples", "largest_answer"])
def test_a_server_that_refuses_large_questions_is_asked_smaller_ones(
    prometheus_server, text, tmp_path, limit, monkeypatch, range_vectors_only
):
    flags = ["--query.max-samples=60"] if limit == "max_samples" else []
    if limit == "largest_answer":
        monkeypatch.setattr("audit_assets.http.LARGEST_ANSWER", 4000)
    url = prometheus_server([text / f"{DAY}.om.gz"], *flags)
    server = extracted(_server(url, tmp_path), [DAY], tmp_path / "server")
    _same(server, extracted(files_source(text), [DAY], tmp_path / "files"), DAY, lambda metric: metric != "unknown_to_the_audit")


def test_an_answer_in_chunks_that_is_too_large_is_asked_for_in_parts(url, text, tmp_path, monkeypatch):
    monkeypatch.setattr("audit_assets.http.LARGEST_ANSWER", 4000)
    monkeypatch.setattr(PrometheusServer, "_vector", None)
    server = extracted(_server(url, tmp_path), [DAY], tmp_path / "server")
    _same(server, extracted(files_source(text), [DAY], tmp_path / "files"), DAY, lambda metric: metric != "unknown_to_the_audit")


def test_a_server_that_refuses_even_five_minutes_is_rejected_with_the_way_out(prometheus_server, text, tmp_path):
    url = prometheus_server([text / f"{DAY}.om.gz"], "--query.max-samples=1")
    with pytest.raises(SourceRejected, match="max-samples"):
        extracted(_server(url, tmp_path, match=['{__name__=~"vllm:.*"}']), [DAY], tmp_path / "server")


def test_selectors_replace_the_catalogue_and_may_overlap(url, text, tmp_path):
    source = _server(url, tmp_path, match=["unknown_to_the_audit", '{__name__=~"up|unknown_to_the_audit"}'])
    part = extracted(source, [DAY], tmp_path / "server")
    assert sorted(part["series", DAY].rows["metric"].to_pylist()) == ["unknown_to_the_audit", "up"]
    assert part["samples", DAY].rows.num_rows == 4
    assert not part["samples", DAY].quarantined.num_rows


def test_the_units_counter_of_a_workload_is_fetched_too(url, tmp_path):
    part = extracted(_server(url, tmp_path, counters=["unknown_to_the_audit"]), [DAY], tmp_path / "server")
    assert "unknown_to_the_audit" in part["series", DAY].rows["metric"].to_pylist()


def test_a_day_without_samples_yields_nothing(url, tmp_path):
    before = DAY - timedelta(days=30)
    assert extracted(_server(url, tmp_path), [before], tmp_path / "server") == {}


def test_probe_tells_version_days_and_what_is_not_there(url, tmp_path):
    probe = _server(url, tmp_path).probe()
    assert probe.reachable
    assert probe.detail.startswith("Prometheus 2.")
    assert probe.days is not None
    assert set(DAYS) <= probe.days
    assert any("DCGM_FI_PROF_SM_ACTIVE" in line for line in probe.missing)
    assert not any("DCGM_FI_DEV_GPU_UTIL" in line for line in probe.missing)


def test_a_selector_that_does_not_parse_is_rejected_in_the_servers_words(url, tmp_path):
    source = _server(url, tmp_path, match=["sum(up)"])
    with pytest.raises(SourceRejected, match="parse error"):
        extracted(source, [DAY], tmp_path / "server")


def test_the_wrong_address_says_what_to_name(url, tmp_path):
    with pytest.raises(SourceRejected, match="not a Prometheus"):
        extracted(_server(url + "/graph", tmp_path), [DAY], tmp_path / "server")
    with pytest.raises(SourceRejected, match="not a Prometheus"):
        extracted(_server(url + "/graph", tmp_path, match=["up"]), [DAY], tmp_path / "server2")


def test_a_silent_port_is_unavailable_and_probe_says_so(tmp_path):
    source = _server("http://127.0.0.1:1", tmp_path)
    object.__setattr__(source.http, "first_wait_seconds", 0.01)
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:1"):
        extracted(source, [DAY], tmp_path / "server")
    probe = source.probe()
    assert (probe.reachable, probe.days) == (False, frozenset())


def test_a_source_travels_to_another_process_without_its_token(url, tmp_path, monkeypatch):
    monkeypatch.setenv("PROM_TOKEN", "very-secret")
    source = _server(url, tmp_path, token="${PROM_TOKEN}")
    travelled = pickle.loads(pickle.dumps(source))
    assert travelled.inputs(DAYS) == source.inputs(DAYS)
    assert b"very-secret" not in pickle.dumps(source)
    assert extracted(travelled, [DAY], tmp_path / "server")


def test_fingerprints_of_days_follow_what_is_asked(tmp_path):
    def etags(**changes):
        source = _server(changes.pop("url", "http://h:1"), tmp_path, **changes)
        return [items[0].etag for items in source.inputs(DAYS).values()]

    assert etags() == etags()
    assert len({*etags(), *etags(match=["up"]), *etags(counters=["up"]), *etags(url="http://h:2")}) == 8


def test_a_question_is_halved_by_names_and_then_by_time():
    question = prometheus._Question(("a", "b", "c"), "", 0, 600_000)
    assert [half.names for half in question.halves()] == [("a",), ("b", "c")]
    single = prometheus._Question(("a",), "", 0, 600_000)
    assert [(half.start, half.end) for half in single.halves()] == [(0, 300_000), (300_000, 600_000)]
    assert single.halves()[0].halves() == []


def test_parquet_is_written_sorted_for_the_lake(url, tmp_path):
    source = _server(url, tmp_path)
    (tmp_path / "scratch").mkdir()
    (samples,) = [part.rows for part in source.extract(source.inputs([DAY]), tmp_path / "scratch") if part.table.name == "samples"]
    rows = pq.read_table(samples)
    keys = list(zip(rows["series_id"].to_pylist(), rows["ts"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))
