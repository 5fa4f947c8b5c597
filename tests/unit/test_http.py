"""Requests to live sources: retried when that can help, never sent elsewhere, and the token shown to nobody."""

import logging
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from audit_assets.errors import BadInput, SourceRejected, SourceUnavailable
from audit_assets.http import CONCURRENT, AnswerTooLarge, HttpSource

URL = "http://prom.example:9090/base"


class Server:
    """Answers in turn; the last answer stays. Keeps the requests."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _source(server, tmp_path, **changes):
    return HttpSource(URL, tmp_path / "slots", first_wait_seconds=0.001, transport=httpx.MockTransport(server), **changes)


@pytest.mark.parametrize("first", [httpx.Response(429), httpx.Response(503), httpx.Response(500), httpx.ConnectError("refused")])
def test_a_transient_failure_is_tried_again(tmp_path, first):
    server = Server(first, httpx.Response(200, content=b"fine"))
    assert _source(server, tmp_path).get("/x").body == b"fine"
    assert len(server.requests) == 2


def test_retry_after_is_honoured(tmp_path):
    server = Server(httpx.Response(429, headers={"Retry-After": "0.3"}), httpx.Response(200))
    started = time.monotonic()
    _source(server, tmp_path).get("/x")
    assert time.monotonic() - started >= 0.3


def test_a_server_that_stays_down_is_unavailable_after_its_attempts(tmp_path):
    server = Server(httpx.Response(503))
    with pytest.raises(SourceUnavailable, match=r"prom\.example:9090/base/x: HTTP 503, 3 times"):
        _source(server, tmp_path, attempts=3).get("/x")
    assert len(server.requests) == 3


def test_an_answer_can_be_final_in_spite_of_its_status(tmp_path):
    server = Server(httpx.Response(503, content=b"timeout"))
    answer = _source(server, tmp_path, final=lambda answer: answer.body == b"timeout").get("/x")
    assert (answer.status, len(server.requests)) == (503, 1)


def test_a_client_error_is_an_answer_and_is_not_repeated(tmp_path):
    server = Server(httpx.Response(400, content=b"bad query"))
    assert _source(server, tmp_path).get("/x").status == 400
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_rejected_at_once(tmp_path, status, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    server = Server(httpx.Response(status))
    with pytest.raises(SourceRejected, match="check the token") as problem:
        _source(server, tmp_path, token="${TOKEN}").get("/x")
    assert len(server.requests) == 1
    assert "s3cret" not in str(problem.value)


def test_the_token_is_sent_and_never_written(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("TOKEN", "s3cret")
    caplog.set_level(logging.DEBUG)
    server = Server(httpx.Response(500), httpx.ConnectError("down"), httpx.Response(200))
    source = _source(server, tmp_path, token="${TOKEN}")
    source.get("/x")
    assert {request.headers["Authorization"] for request in server.requests} == {"Bearer s3cret"}
    assert "s3cret" not in caplog.text + repr(source)


def test_a_user_and_password_are_a_secret_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "user:hunter2")
    server = Server(httpx.Response(200))
    _source(server, tmp_path, token="${TOKEN}").get("/x")
    assert server.requests[0].headers["Authorization"] == "Basic dXNlcjpodW50ZXIy"
    with pytest.raises(SourceRejected, match="user name") as problem:
        HttpSource("http://user:hunter2@prom.example", tmp_path / "slots").get("/x")
    assert "hunter2" not in str(problem.value)


def test_a_token_that_is_not_set_is_bad_input(tmp_path, monkeypatch):
    monkeypatch.delenv("TOKEN", raising=False)
    with pytest.raises(BadInput, match="TOKEN is not set"):
        _source(Server(httpx.Response(200)), tmp_path, token="${TOKEN}").get("/x")


ELSEWHERE = [
    "http://evil.example/x",
    "https://prom.example:9090/x",
    "http://prom.example:1/x",
    "//evil.example/",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://prom.example:9090@169.254.169.254/",
    "http://prom.example.evil.example:9090/",
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ELSEWHERE)
def test_redirects_to_another_host_are_refused(tmp_path, location, status, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    server = Server(httpx.Response(status, headers={"Location": location}))
    source = _source(server, tmp_path, token="${TOKEN}")
    for ask in (lambda: source.get("/x"), lambda: source.get("/x", post=True), lambda: source.post("/x", b"", {})):
        with pytest.raises(SourceRejected, match="another host"):
            ask()
    assert [request.url.host for request in server.requests] == ["prom.example"] * 3


class _Listener(BaseHTTPRequestHandler):
    """Keeps what it was asked, and sends on to `target` if there is one."""

    protocol_version = "HTTP/1.1"
    target = ""

    def do_GET(self):
        self.server.heard.append((self.path, self.headers.get("Authorization"), self.headers.get("Cookie")))
        self.send_response(302 if self.target else 200)
        self.send_header("Location", self.target)
        self.send_header("Set-Cookie", "session=1; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def _listening(target=""):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Listener", (_Listener,), {"target": target}))
    server.heard, server.connections = [], 0
    accept = server.get_request

    def counted():
        server.connections += 1
        return accept()

    server.get_request = counted
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_another_server_hears_nothing_of_a_redirect_to_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    with _listening() as other, _listening(f"http://127.0.0.1:{other.server_port}/") as named:
        source = HttpSource(f"http://127.0.0.1:{named.server_port}", tmp_path / "slots", "${TOKEN}")
        with pytest.raises(SourceRejected, match="another host"):
            source.get("/x")
    assert named.heard == [("/x", "Bearer s3cret", None)]
    assert (other.heard, other.connections) == ([], 0)


def test_one_connection_serves_requests_that_share_no_token_and_no_cookie(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    with _listening() as named:
        url = f"http://127.0.0.1:{named.server_port}"
        HttpSource(url, tmp_path / "slots", "${TOKEN}").get("/first")
        HttpSource(url, tmp_path / "slots").get("/second")
    assert named.heard == [("/first", "Bearer s3cret", None), ("/second", None, None)]
    assert named.connections == 1


def test_redirects_on_the_same_host_are_followed_with_the_question(tmp_path):
    server = Server(httpx.Response(307, headers={"Location": "/other/x"}), httpx.Response(200, content=b"here"))
    assert _source(server, tmp_path).get("/x", [("query", "up")]).body == b"here"
    assert str(server.requests[1].url) == "http://prom.example:9090/other/x?query=up"


def test_redirects_in_a_circle_end(tmp_path):
    server = Server(httpx.Response(302, headers={"Location": "/base/x"}))
    with pytest.raises(SourceRejected, match="circle"):
        _source(server, tmp_path).get("/x")


def test_parameters_may_repeat_and_long_questions_are_posted(tmp_path):
    server = Server(httpx.Response(200))
    source = _source(server, tmp_path)
    source.get("/x", [("match[]", "a"), ("match[]", "b")])
    source.get("/x", [("query", "q" * 9000)], post=True)
    assert server.requests[0].url.params.get_list("match[]") == ["a", "b"]
    assert (server.requests[1].method, server.requests[1].read()) == ("POST", b"query=" + b"q" * 9000)


def test_an_answer_without_end_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr("audit_assets.http.LARGEST_ANSWER", 10)
    with pytest.raises(AnswerTooLarge):
        _source(Server(httpx.Response(200, content=b"x" * 11)), tmp_path).get("/x")


def test_an_address_that_is_none_is_rejected(tmp_path):
    with pytest.raises(SourceRejected, match="not an address"):
        HttpSource("prom.example:9090", tmp_path / "slots", first_wait_seconds=0.001).get("/x")


def test_no_more_requests_at_once_than_allowed(tmp_path):
    running, most, guard = 0, 0, threading.Lock()

    def slow(request):
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with guard:
            running -= 1
        return httpx.Response(200)

    source = _source(slow, tmp_path)
    threads = [threading.Thread(target=source.get, args=("/x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == CONCURRENT


def test_no_process_asks_before_the_time_that_another_was_told(tmp_path):
    server = Server(httpx.Response(429, headers={"Retry-After": "0.4"}), httpx.Response(200))
    first, other = _source(server, tmp_path), _source(server, tmp_path)
    started = time.monotonic()
    waiting = threading.Thread(target=first.get, args=("/x",))
    waiting.start()
    time.sleep(0.1)
    other.get("/y")
    assert time.monotonic() - started >= 0.4
    waiting.join()


def test_a_wait_that_is_too_long_ends_at_once_and_is_not_cut_short(tmp_path):
    server = Server(httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceUnavailable, match="asks to wait 3600 s"):
        _source(server, tmp_path).get("/x")
    assert len(server.requests) == 1


def test_a_wait_may_be_a_date(tmp_path):
    when = format_datetime(datetime.now(tz=UTC) + timedelta(seconds=2), usegmt=True)
    server = Server(httpx.Response(429, headers={"Retry-After": when}), httpx.Response(200))
    started = time.monotonic()
    _source(server, tmp_path).get("/x")
    assert time.monotonic() - started >= 0.9


def test_a_body_that_drips_is_asked_for_again(tmp_path):
    def drops():
        for _ in range(100):
            time.sleep(0.01)
            yield b"x"

    server = Server(httpx.Response(200, content=drops()), httpx.Response(200, content=b"whole"))
    assert _source(server, tmp_path, timeout_seconds=0.02).get("/x").body == b"whole"


def test_the_proxy_of_the_environment_is_asked_but_not_for_hosts_that_need_none(tmp_path, monkeypatch):
    with _listening() as proxy:
        own = f"http://127.0.0.1:{proxy.server_port}"
        monkeypatch.setenv("http_proxy", own)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        HttpSource("http://behind-a-proxy.example", tmp_path / "far").get("/x")
        HttpSource(own, tmp_path / "near").get("/y")
        assert [path for path, _, _ in proxy.heard] == ["http://behind-a-proxy.example/x", "/y"]
