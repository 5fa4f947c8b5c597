"""Range vectors from a server's JSON: read fast, and equal to what a JSON parser makes of them."""

import math
import pickle
from dataclasses import replace

import httpx
import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_assets.audit import MetricSource
from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.metrics.matrix import read_matrix
from audit_assets.metrics.prometheus import PrometheusServer, _matrix
from tests.unit.metrics_text import DAY, DAY_START, extracted

labels = st.dictionaries(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), st.text(max_size=12), max_size=4)
numbers = st.floats(allow_nan=False).map(lambda number: repr(number).replace("inf", "Inf"))
samples = st.lists(st.tuples(st.integers(0, 4 * 10**12).map(lambda ms: ms / 1000), numbers), min_size=1, max_size=8)


def _answer(result, **more):
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}, **more})


def _series(metric, values):
    return {"metric": metric, "values": [list(pair) for pair in values]}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(labels, samples), max_size=5))
def test_reads_what_a_json_parser_reads(series):
    body = _answer([_series(metric, values) for metric, values in series])
    frame, read = read_matrix(body)
    parsed = _matrix(orjson.loads(body)["data"]["result"])
    assert frame == {"status": "success", "data": {"resultType": "matrix", "result": []}}
    assert (read.labels, read.counts) == (parsed.labels, parsed.counts)
    assert np.abs(read.ts - parsed.ts).max(initial=0) < 1000
    assert read.value.tolist() == parsed.value.tolist()


def test_words_for_numbers_and_many_digits():
    _, read = read_matrix(_answer([_series({"a": '","values":[['}, [(1.5, "NaN"), (2, "+Inf"), (3, "-Inf"), (4, "0.30000000000000004")])]))
    assert read.ts.tolist() == [1_500_000, 2_000_000, 3_000_000, 4_000_000]
    assert math.isnan(read.value[0])
    assert read.value[1:].tolist() == [math.inf, -math.inf, 0.1 + 0.2]


@pytest.mark.parametrize(
    "result",
    [
        [{"metric": {}, "histograms": [[1, {}]]}],
        [{"metric": {}, "values": [[1, "1"]], "histograms": [[1, {}]]}],
        [{"metric": {}, "values": [[1, 1]]}],
        [{"metric": {}, "values": [["1", "1"]]}],
        [{"metric": {}, "values": [[1, "x"]]}],
    ],
)
def test_another_layout_is_left_to_the_json_parser(result):
    assert read_matrix(_answer(result)) is None


@pytest.mark.parametrize(
    "series", [b'{"metric": {}, "values": [[1, "2"]]}', b'{ "metric" : {} ,"values":[[1,"2"]]}', b'{"values":[[1,"2"]],"metric":{}}']
)
def test_spaces_and_another_order_are_left_to_the_json_parser(series):
    assert read_matrix(b'{"status":"success","data":{"resultType":"matrix","result":[' + series + b"]}}") is None


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"[]", b'{"status":"error","error":"no"}', b'{"status":"success","data":[]}'])
def test_what_is_no_range_vector_is_left_to_the_json_parser(body):
    assert read_matrix(body) is None


@pytest.mark.parametrize("cut", range(60, 140, 7))
def test_a_cut_answer_is_no_answer(cut):
    body = _answer([_series({"__name__": "up"}, [(DAY_START, "1"), (DAY_START + 60, "0.123456789012345678")])] * 2)[:cut]
    assert read_matrix(body) is None


def _served(tmp_path, bodies, asked=None, **settings):
    def serve(request):
        if asked is not None:
            asked.append(request)
        return httpx.Response(200, content=bodies(request.url.path))

    declared = {"name": "live", "kind": "prometheus", "url": "http://prom.example", "cluster": "prod", "match": ["up"]}
    source = PrometheusServer(MetricSource.model_validate(declared | settings), tmp_path / "index")
    object.__setattr__(source.http, "transport", httpx.MockTransport(serve))
    object.__setattr__(source.http, "first_wait_seconds", 0.001)
    return source


NOTHING_KNOWN = b'{"status":"success","data":{}}'


@pytest.mark.parametrize("spaced", [False, True])
def test_both_ways_of_reading_give_the_same_day(tmp_path, spaced):
    body = _answer(
        [
            _series(
                {"__name__": "up", "job": "é"}, [(DAY_START - 1, "9"), (DAY_START, "1"), (DAY_START + 60.5, "NaN"), (DAY_START + 90, "2")]
            )
        ]
    )
    body = body.replace(b",", b", ").replace(b":", b": ") if spaced else body
    part = extracted(_served(tmp_path, lambda path: body if path.endswith("query") else NOTHING_KNOWN), [DAY], tmp_path / "scratch")
    assert part["samples", DAY].rows["value"].to_pylist() == [1.0, 2.0]


def test_a_partial_answer_is_not_taken_for_the_whole(tmp_path):
    body = _answer([_series({"__name__": "up"}, [(DAY_START, "1")])], warnings=["a store is down"])
    source = _served(tmp_path, lambda path: body if path.endswith("query") else NOTHING_KNOWN)
    with pytest.raises(SourceUnavailable, match="a store is down"):
        extracted(source, [DAY], tmp_path / "scratch")


PAIR = {"replica_label": "prometheus_replica"}


def _of(replica, seconds, **labels):
    labels = {"__name__": "up", "pod": "p"} | ({"prometheus_replica": replica} if replica else {}) | labels
    return _series(labels, [(DAY_START + second, str(second)) for second in seconds])


def _merged(tmp_path, series):
    body = _answer(series)
    source = _served(tmp_path, lambda path: body if path.endswith("query") else NOTHING_KNOWN, **PAIR)
    part = extracted(source, [DAY], tmp_path / "scratch")
    assert not part["samples", DAY].quarantined.num_rows
    labels = [dict(labels) for labels in part["series", DAY].rows["labels"].to_pylist()]
    return part["samples", DAY].rows["value"].to_pylist(), labels


def test_of_two_replicas_one_is_kept_and_the_other_fills_its_gaps(tmp_path):
    first = [second for second in range(0, 3600, 30) if not 900 <= second < 1200]
    second = range(7, 3000, 30)
    values, labels = _merged(tmp_path, [_of("b", second), _of("a", first)])
    assert values == sorted([*first, *(at for at in second if 900 < at < 1170)])
    assert labels == [{"pod": "p"}]


def test_a_replica_whose_clock_is_behind_lets_no_counter_fall_back(tmp_path):
    """The same counter, +1 a second, with a clock that is 20 s behind: a mixture would fall at every second sample."""
    late = [(DAY_START + second - 20, str(second)) for second in range(20, 3000, 30)]
    values, _ = _merged(tmp_path, [_of("a", range(0, 3600, 30)), _series({"__name__": "up", "pod": "p", "prometheus_replica": "b"}, late)])
    assert values == list(range(0, 3600, 30))


def test_series_of_one_replica_or_none_are_whole_and_others_stay_apart(tmp_path):
    series = [_of("b", [1, 2, 3]), _of(None, [5], pod="q"), _of("a", [10], pod="r"), _of("b", [500], pod="r")]
    values, labels = _merged(tmp_path, series)
    assert sorted(values) == [1, 2, 3, 5, 10, 500]
    assert sorted(one["pod"] for one in labels) == ["p", "q", "r"]


@pytest.mark.parametrize("settings", [{}, {"replica_label": "other"}])
def test_a_pair_that_nobody_declared_is_refused_and_never_counted_twice(tmp_path, settings):
    body = _answer([_of("a", [1, 2]), _of("b", [1, 2])])
    source = _served(tmp_path, lambda path: body if path.endswith("query") else NOTHING_KNOWN, **settings)
    with pytest.raises(SourceRejected, match="`replica_label: prometheus_replica`"):
        extracted(source, [DAY], tmp_path / "scratch")


def test_shards_are_no_replicas(tmp_path):
    body = _answer([_of("a", [1], pod="p"), _of("b", [1], pod="q"), _of(None, [1], pod="q")])
    part = extracted(_served(tmp_path, lambda path: body if path.endswith("query") else NOTHING_KNOWN), [DAY], tmp_path / "scratch")
    assert part["samples", DAY].rows.num_rows == 3


def test_headers_are_sent_and_their_secrets_are_read_late(tmp_path, monkeypatch):
    asked, headers = [], {"X-Scope-OrgID": "tenant-1", "X-Api-Key": "${MIMIR_KEY}"}
    monkeypatch.setenv("MIMIR_KEY", "k3y")
    source = _served(tmp_path, lambda path: NOTHING_KNOWN, asked, headers=headers)
    assert b"k3y" not in pickle.dumps(replace(source.http, transport=None))
    source.http.get("/api/v1/metadata")
    assert (asked[0].headers["X-Scope-OrgID"], asked[0].headers["X-Api-Key"]) == ("tenant-1", "k3y")


def test_what_is_asked_for_with_other_headers_is_another_day(tmp_path):
    def etag(**settings):
        return _served(tmp_path, lambda path: NOTHING_KNOWN, **settings).inputs([DAY])[DAY][0].etag

    assert len({etag(), etag(headers={"X-Scope-OrgID": "a"}), etag(headers={"X-Scope-OrgID": "b"}), etag(**PAIR)}) == 4


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"headers": {"X-Api-Key": "k3y"}}, "must be a reference"),
        ({"headers": {"X-Tenant": "team-${T}"}}, "and nothing else"),
        ({"headers": {"Authorization": "${T}"}}, "use `token`"),
        ({"headers": {"Host": "other"}}, "set by Assay"),
        ({"headers": {"X-Scope-OrgID": "a\r\nb: c"}}, "cannot be sent"),
        ({"headers": {"X Scope": "a"}}, "cannot be sent"),
        ({"replica_label": "a-b"}, "String should match pattern"),
        ({"kind": "openmetrics", "url": None, "uri": "m/", "replica_label": "r"}, "takes no `replica_label`"),
        ({"kind": "openmetrics", "url": None, "uri": "m/", "headers": {"X-A": "b"}}, "takes no `headers`"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, settings, text):
    with pytest.raises(ValueError, match=text):
        MetricSource.model_validate({"name": "m", "kind": "prometheus", "url": "http://h", "cluster": "c"} | settings)
