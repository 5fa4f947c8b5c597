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

from audit_assets.audit_sources import MetricSource
from audit_assets.errors import SourceUnavailable
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

    assert len({etag(), etag(headers={"X-Scope-OrgID": "a"}), etag(headers={"X-Scope-OrgID": "b"})}) == 3


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"headers": {"X-Api-Key": "k3y"}}, "must be a reference"),
        ({"headers": {"X-Tenant": "team-${T}"}}, "and nothing else"),
        ({"headers": {"Authorization": "${T}"}}, "use `token`"),
        ({"headers": {"Host": "other"}}, "set by Assay"),
        ({"headers": {"X-Scope-OrgID": "a\r\nb: c"}}, "cannot be sent"),
        ({"headers": {"X Scope": "a"}}, "cannot be sent"),
        ({"kind": "openmetrics", "url": None, "uri": "m/", "headers": {"X-A": "b"}}, "takes no `headers`"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, settings, text):
    with pytest.raises(ValueError, match=text):
        MetricSource.model_validate({"name": "m", "kind": "prometheus", "url": "http://h", "cluster": "c"} | settings)
