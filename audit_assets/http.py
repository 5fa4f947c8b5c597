"""GET requests to live sources: time limits, retries with back-off, few at once, and never to another host than the one that was named.

A token is read from the environment when a request is made and appears in no message. What does not belong here: what the answers mean.
"""

import fcntl
import os
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.strict import SECRET, resolve_secret

Parameters = Sequence[tuple[str, str]]
CONCURRENT = 2
LARGEST_ANSWER = 256_000_000  # bytes; a larger one is refused, and its question has to be smaller
LONGEST_BACK_OFF = 60.0  # seconds between attempts where the server does not say
LONGEST_WAIT = 300.0  # seconds that a Retry-After may ask for; a longer one ends the run of the source, since earlier is not allowed
BODY_TIMEOUTS = 5  # a body may take this many times as long as a single read; one that drips is asked for again
HOLD = "not-before"
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
set_on_retry_hooks([LoggingOnRetryHook])  # not to stdout, which belongs to --json


class AnswerTooLarge(Exception):
    """The answer is larger than LARGEST_ANSWER; ask for less."""


class _TryAgain(Exception):
    """A transient failure, and for how long the server asked to wait (seconds; None: it did not say)."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.reason, self.wait = reason, wait
        super().__init__(reason)


@dataclass(frozen=True)
class Answer:
    """A final answer: its status (any that is neither transient nor a redirect), body and Content-Type."""

    status: int
    body: bytes
    content_type: str = ""


@dataclass(frozen=True)
class HttpSource:
    """One server, under `url`. Picklable: it holds the reference to a token, never the token.

    `slots` is a folder whose lock files keep requests of all processes of this machine to CONCURRENT at once.
    """

    url: str
    slots: Path
    token: str | None = None
    headers: Sequence[tuple[str, str]] = ()  # more of them; a value may be a reference, too
    timeout_seconds: float = 120.0
    attempts: int = 5
    first_wait_seconds: float = 0.5
    authorization: str = "Bearer {}"
    accept: str = "application/json"
    final: Callable[["Answer"], bool] | None = None  # answers that look transient but are not
    transport: httpx.BaseTransport | None = field(default=None, compare=False)  # for tests of what no server does on purpose

    @property
    def shown(self) -> str:
        """The address without a user name, a password or a query, for messages."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path.rstrip("/"), "", ""))

    def get(self, path: str, parameters: Parameters = (), post: bool = False) -> Answer:
        """The answer to a GET (or, for long questions, a form POST). Raises SourceUnavailable when the server did not answer after
        retries, SourceRejected when it sends elsewhere or refuses the token, AnswerTooLarge."""
        form = _form(parameters)
        return self._asked(path, {"method": "POST", "data": form} if post else {"method": "GET", "params": form})

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a question that is sent as it is. Raises as `get`."""
        return self._asked(path, {"method": "POST", "content": body, "headers": headers})

    def _asked(self, path: str, question: Mapping[str, Any]) -> Answer:
        if urlsplit(self.url).username:
            raise SourceRejected(self.shown, "the address holds a user name", "use `token: ${NAME}` with NAME set to user:password")
        hook = stamina.retry_context(
            on=_wait_of,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.first_wait_seconds,
            wait_max=LONGEST_BACK_OFF,
            wait_jitter=self.first_wait_seconds,
        )
        try:
            for attempt in hook:
                with attempt, self._slot():
                    return self._once(path, question)
        except _TryAgain as problem:
            raise SourceUnavailable(f"{self.shown}{path}: {problem.reason}, {self.attempts} times; try again later") from problem
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, path: str, question: Mapping[str, Any]) -> Answer:
        url = self.url.rstrip("/") + path
        transport = self.transport or _transport(*urlsplit(self.url)[:2])
        limits = {"timeout": httpx.Timeout(self.timeout_seconds).as_dict()}
        sent = {**question, "headers": self._headers() | question.get("headers", {}), "extensions": limits}
        for _ in range(4):
            try:
                with _streamed(transport, httpx.Request(url=url, **sent)) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._answer(response, path)
                    url = self._same_host(httpx.URL(url).join(response.headers.get("location", "")))
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as problem:
                raise SourceRejected(self.shown, f"not an address ({problem})", "write it as http://host:port") from problem
            except httpx.TransportError as problem:
                raise _TryAgain(f"no answer ({type(problem).__name__}: {problem})") from problem
        raise SourceRejected(self.shown, "redirects in a circle", "name the final address in audit.yaml")

    def _headers(self) -> dict[str, str]:
        headers = {name: resolve_secret(value) if SECRET.match(value) else value for name, value in self.headers}
        headers |= {"User-Agent": "assay", "Accept": self.accept, "Accept-Encoding": "identity"}  # gzip cost a server 8 times the CPU
        if not self.token:
            return headers
        return headers | {"Authorization": _authorization(resolve_secret(self.token), self.authorization)}

    def _answer(self, response: httpx.Response, path: str) -> Answer:
        if response.status_code in (401, 403):
            fix = "check the token" if self.token else "add `token: ${NAME}` to the source in audit.yaml"
            raise SourceRejected(f"{self.shown}{path}", f"HTTP {response.status_code}: not allowed", fix)
        body, until = bytearray(), time.monotonic() + BODY_TIMEOUTS * self.timeout_seconds
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise AnswerTooLarge(path)
            if time.monotonic() > until:
                raise _TryAgain(f"the answer took longer than {BODY_TIMEOUTS * self.timeout_seconds:g} s")
        answer = Answer(response.status_code, bytes(body), response.headers.get("content-type", ""))
        if answer.status in _TRANSIENT and not (self.final and self.final(answer)):
            raise _TryAgain(f"HTTP {answer.status}", self._hold(_retry_after(response)))
        return answer

    def _hold(self, asked: float | None) -> float | None:
        """Keep every process from asking this server before the time that it named. Raises SourceUnavailable when that is too long."""
        if asked is None:
            return None
        if asked > LONGEST_WAIT:
            raise SourceUnavailable(f"{self.shown}: asks to wait {asked:.0f} s; run again after that, finished days are kept")
        note = self.slots / HOLD
        fresh = note.with_name(f"{HOLD}.{os.getpid()}.{threading.get_ident()}")
        fresh.write_text(repr(max(time.time() + asked, self._held_until())))
        fresh.replace(note)
        return asked

    def _held_until(self) -> float:
        try:
            return float((self.slots / HOLD).read_text())
        except (FileNotFoundError, ValueError):
            return 0.0

    def _same_host(self, target: httpx.URL) -> str:
        named = httpx.URL(self.url)
        if (target.scheme, target.host, target.port) != (named.scheme, named.host, named.port):
            elsewhere = f"{target.scheme}://{target.host}"
            raise SourceRejected(self.shown, f"redirects to another host, {elsewhere}", "name that address in audit.yaml, if it is right")
        return str(target.copy_with(query=None))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        self.slots.mkdir(parents=True, exist_ok=True)
        while (descriptor := self._free_slot()) is None:
            time.sleep(0.02)
        try:
            while 0 < (wait := self._held_until() - time.time()) <= LONGEST_WAIT:
                time.sleep(min(wait, 1.0))
            yield
        finally:
            os.close(descriptor)

    def _free_slot(self) -> int | None:
        for number in range(CONCURRENT):
            descriptor = os.open(self.slots / f"slot-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if _taken(descriptor):
                return descriptor
            os.close(descriptor)
        return None


@lru_cache(maxsize=32)
def _transport(scheme: str, server: str) -> httpx.HTTPTransport:
    """The connections of this process to one server, kept open between requests: no token, no cookie, no redirect. A whole httpx.Client
    around them takes as much CPU again for each request."""
    proxies = {} if proxy_bypass(server) else getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return httpx.HTTPTransport(verify=scheme == "https", proxy=proxy)  # loading certificates takes 20 ms


def _authorization(secret: str, scheme: str) -> str:
    """`user:password` is sent as Basic; anything else as a token, which never holds a colon (RFC 6750)."""
    return f"Basic {b64encode(secret.encode()).decode()}" if ":" in secret else scheme.format(secret)


def _form(parameters: Parameters) -> Mapping[str, list[str]]:
    form: dict[str, list[str]] = {}
    for key, value in parameters:
        form.setdefault(key, []).append(value)
    return form


@contextmanager
def _streamed(transport: httpx.BaseTransport, request: httpx.Request) -> Iterator[httpx.Response]:
    response = transport.handle_request(request)
    try:
        yield response
    finally:
        response.close()


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_of(problem: Exception) -> bool | float:
    if not isinstance(problem, _TryAgain):
        return False
    return True if problem.wait is None else problem.wait


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait, as a number or as a date (RFC 9110, 10.2.3); nonsense counts as not said."""
    said = response.headers.get("retry-after", "")
    try:
        return max(float(said), 0.0) if isfinite(float(said)) else None
    except ValueError:
        pass
    try:
        return max(float(parsedate_to_datetime(said).timestamp()) - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
