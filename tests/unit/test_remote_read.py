"""Remote read: samples bit for bit as they were encoded, and range vectors wherever an answer or a server leaves a doubt."""

import struct

import cramjam
import httpx
import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_assets.audit_sources import MetricSource
from audit_assets.metrics import remote_read
from audit_assets.metrics.prometheus import PrometheusServer
from audit_assets.metrics.remote_frames import places
from audit_assets.metrics.xor_chunks import PADDING, decode
from tests.unit.metrics_text import DAY, DAY_START, extracted
from tests.unit.xor_encoding import chunk, crc32c, field, frame, series

STALE = 0x7FF0000000000002
words = st.one_of(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 1 << 63, STALE, 0x7FF8000000000001, 0x7FF0000000000000, 0xFFF0000000000000, 2**64 - 1]),
    st.floats(0, 1e6).map(lambda value: struct.unpack(">Q", struct.pack(">d", value))[0]),
)
distances = st.one_of(st.sampled_from([15_000, 14_999, 30_000, 8192 + 15_000, 65_536, 524_288, 0]), st.integers(0, 2**40))


@st.composite
def samples(draw, least=0):
    moment, found = draw(st.integers(-(2**40), 2**44)), []
    for distance, word in draw(st.lists(st.tuples(distances, words), min_size=least, max_size=40)):
        moment += distance
        found.append((moment, word))
    return found


def _bits(value):
    return struct.unpack(">Q", struct.pack(">d", value))[0]


def _block(body):
    return np.frombuffer(body + bytes(PADDING), np.uint8)


@settings(max_examples=200, deadline=None)
@given(st.lists(samples(), min_size=1, max_size=4))
def test_chunks_are_read_bit_for_bit(parts):
    encoded = [chunk(part) for part in parts]
    ends = np.cumsum([len(one) for one in encoded])
    spans = np.array([(end - len(one), end) for end, one in zip(ends.tolist(), encoded, strict=True)], np.int64)
    ts, value = decode(_block(b"".join(encoded)), spans)
    assert ts.tolist() == [moment for part in parts for moment, _ in part]
    assert value.view(np.uint64).tolist() == [word for part in parts for _, word in part]


@settings(max_examples=200, deadline=None)
@given(samples(least=2), st.data())
def test_a_chunk_that_is_cut_off_is_no_chunk(part, data):
    encoded = chunk(part)
    kept = data.draw(st.integers(0, len(encoded) - 1))
    assert decode(_block(encoded[:kept] + b"\xff" * 9), np.array([(0, kept)], np.int64)) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_within_their_bounds(text):
    spans = np.array([(0, len(text))], np.int64)
    found = decode(_block(text), spans)
    assert found is None or len(found[0]) == struct.unpack(">H", text[:2])[0]
    whole = places(_block(frame(text)), len(frame(text)))
    assert whole is None or np.all(whole.labels <= len(frame(text)))


def test_the_checksum_is_crc32c():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4 and the catalogue of CRCs


ONE = [(DAY_START * 1000, _bits(1.0)), (DAY_START * 1000 + 15_000, _bits(2.5)), (DAY_START * 1000 + 30_000, STALE)]
BODY = frame(series({"__name__": "up", "job": "é"}, [chunk(ONE)])) + frame(series({"__name__": "up"}, [chunk(ONE[:1]), chunk(ONE[1:])]))


@pytest.mark.parametrize("kept", range(1, len(BODY)))
def test_frames_that_are_cut_off_or_changed_are_not_read(kept):
    at_an_edge = kept == len(frame(series({"__name__": "up", "job": "é"}, [chunk(ONE)])))
    assert (places(_block(BODY[:kept]), kept) is not None) == at_an_edge
    changed = BODY[:kept] + bytes([BODY[kept] ^ 1]) + BODY[kept + 1 :]
    assert places(_block(changed), len(changed)) is None


def test_the_question_is_what_the_protocol_says():
    query = field(1, 1000) + field(2, 2000) + field(3, field(1, 2) + field(2, b"__name__") + field(3, rb"a:b|up"))
    assert remote_read.request(["a:b", "up"], 1000, 2000) == field(1, query) + field(2, 1)
    assert field(3, field(1, 0) + field(2, b"__name__") + field(3, b"up")) in remote_read.request(["up"], 1000, 2000)


VECTOR = orjson.dumps(
    {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"__name__": "up"}, "values": [[DAY_START, "7"]]}]}}
)
SETTINGS = "global:\n  scrape_interval: 15s\n"


class Server:
    """A Prometheus with one metric, `up`: 7 by range vectors, whatever `body` says by remote read."""

    def __init__(self, body=BODY, settings=SETTINGS, status=200, kind=remote_read.STREAMED, label_values=()):
        self.body, self.settings, self.status, self.kind, self.label_values = body, settings, status, kind, list(label_values)
        self.asked = []

    def __call__(self, request):
        path = request.url.path
        self.asked.append(request)
        if path == remote_read.PATH:
            return httpx.Response(self.status, content=self.body, headers={"Content-Type": self.kind})
        if path == "/api/v1/query":
            return httpx.Response(200, content=VECTOR)
        if path == "/api/v1/status/config":
            return httpx.Response(200 if self.settings else 404, json={"status": "success", "data": {"yaml": self.settings}})
        told = {"/api/v1/label/__name__/values": ["up"], "/api/v1/metadata": {}}
        return httpx.Response(200, json={"status": "success", "data": told.get(path, self.label_values)})

    def values(self, tmp_path, **settings):
        declared = {"name": "live", "kind": "prometheus", "url": "http://prom.example", "cluster": "prod"} | settings
        source = PrometheusServer(MetricSource.model_validate(declared), tmp_path / "index")
        object.__setattr__(source.http, "transport", httpx.MockTransport(self))
        part = extracted(source, [DAY], tmp_path / "scratch")
        return part["samples", DAY].rows["value"].to_pylist() if part else None


def test_chunks_become_samples_without_markers_of_staleness(tmp_path):
    server = Server()
    assert server.values(tmp_path) == [1.0, 2.5, 1.0, 2.5]
    (asked,) = (request for request in server.asked if request.url.path == remote_read.PATH)
    end = DAY_START * 1000 + 86_400_000 - 1
    assert bytes(cramjam.snappy.decompress_raw(asked.read())) == remote_read.request(["up"], DAY_START * 1000, end)


def test_samples_of_a_chunk_beyond_the_day_belong_to_other_days(tmp_path):
    edges = [(DAY_START * 1000 + moment, _bits(moment)) for moment in (-1, 0, 86_399_999, 86_400_000)]
    assert Server(frame(series({"__name__": "up"}, [chunk(edges)]))).values(tmp_path) == [0.0, 86_399_999.0]


def test_native_histograms_are_left_out_as_in_range_vectors(tmp_path):
    body = frame(series({"__name__": "up"}, [b"\x00\x01\x02"], encoding=2) + series({"__name__": "up"}, [chunk(ONE[:1])]))
    assert Server(body).values(tmp_path) == [1.0]


def test_labels_that_the_server_adds_are_taken_away(tmp_path):
    settings = SETTINGS + "  external_labels: {cluster: eu, replica: a}\n"
    body = frame(series({"__name__": "up", "cluster": "eu", "replica": "a"}, [chunk(ONE[:1])])) + frame(
        series({"__name__": "up"}, [chunk(ONE[1:])])
    )
    assert Server(body, settings).values(tmp_path) == [1.0, 2.5]
    assert Server(body).values(tmp_path / "as they are") == [1.0, 2.5]
    asked = Server(body, settings)
    asked.values(tmp_path / "asked")
    bounds = {"start": str(DAY_START), "end": str(DAY_START + 86_400)}
    (label, *_) = (request for request in asked.asked if request.url.path == "/api/v1/label/cluster/values")
    assert dict(label.url.params) == bounds


@pytest.mark.parametrize(
    "server",
    [
        Server(settings=None),
        Server(settings="- no settings"),
        Server(settings=SETTINGS + "remote_read: [{url: http://elsewhere}]\n"),
        Server(settings=SETTINGS + "  external_labels: {cluster: eu}\n", label_values=["us"]),
        Server(status=403),
        Server(status=404),
        Server(kind="application/x-protobuf"),
        Server(BODY + b"context deadline exceeded\n"),
        Server(frame(series({"__name__": "up"}, [chunk(ONE)[:-3]]))),
        Server(frame(series({"__name__": "up"}, [chunk(ONE)], encoding=9))),
        Server(frame(series({"__name__": "up"}, [b"\x00"]))),
    ],
    ids=["no settings", "odd settings", "reads others", "own label", "403", "404", "samples", "error midway", "cut", "encoding", "empty"],
)
def test_range_vectors_where_there_is_a_doubt(tmp_path, server):
    assert server.values(tmp_path) == [7.0]


def test_selectors_are_asked_for_as_range_vectors(tmp_path):
    assert Server().values(tmp_path, match=["up"]) == [7.0]
