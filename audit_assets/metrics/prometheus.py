"""A Prometheus server (or one that speaks its HTTP API) as a source: the raw samples of each day.

Samples are read as chunks where the server offers that (`remote_read`), else asked for as range vectors, `{selector}[24h]` at the end of
the day; never with query_range: its answers are resampled, and reach five minutes back over gaps. What a query may load is
limited by the server; refused questions are halved.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from audit_assets.audit_sources import MetricSource
from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.http import Answer, AnswerTooLarge, HttpSource, Parameters
from audit_assets.metrics import catalog
from audit_assets.metrics.day_samples import Batch, DayContext, DaySpill, SeriesRegister, settle
from audit_assets.metrics.labels import SeriesName
from audit_assets.metrics.openmetrics import day_partitions
from audit_assets.metrics.remote_read import NotOffered, RemoteRead, offered
from audit_assets.metrics.tables import SAMPLE_TABLES
from audit_assets.objects import ObjectStat
from audit_assets.partitions import day_bounds
from audit_assets.source import Inputs, Partition, Probe, Rejection

if TYPE_CHECKING:
    from audit_assets.metrics.matrix import Matrix

NAMES_AT_ONCE = 24
SHORTEST_RANGE = 300_000  # ms; a server that refuses this much of one metric cannot be read
_LIMITED = re.compile(r"too many|too large|limit|exceed|timed out|timeout", re.IGNORECASE)
_POINTS = 9600  # hours in one range query; Prometheus refuses more than 11,000 points
_SENTINELS = ("up", "kube_node_info", catalog.SM_ACTIVE, catalog.GPU_UTIL, "vllm:num_requests_running")


@dataclass(frozen=True)
class _Question:
    """Raw samples wanted: of some metrics or one selector, in [start, end), ms since 1970."""

    names: tuple[str, ...]
    selector: str
    start: int
    end: int

    @property
    def query(self) -> str:
        """PromQL: a range vector."""
        return f"{self.selector or _named(self.names)}[{self.end - self.start}ms]"

    def halves(self) -> "list[_Question]":
        """Two smaller questions: of fewer metrics first, then of shorter ranges. Empty when it cannot be cut any more."""
        if len(self.names) > 1:
            middle = len(self.names) // 2
            return [_Question(part, "", self.start, self.end) for part in (self.names[:middle], self.names[middle:])]
        if self.end - self.start <= SHORTEST_RANGE:
            return []
        middle = (self.start + self.end) // 2
        return [_Question(self.names, self.selector, *bounds) for bounds in ((self.start, middle), (middle, self.end))]


class _Refused(Exception):
    """The server would have to load too much for one question."""


class PrometheusServer:
    """Metrics of one cluster from a server. `counters`: names to fetch besides those of the catalogue."""

    tables = SAMPLE_TABLES
    version = 1
    live = True
    back_filled = True  # samples are, and a server may have been pointed to too early

    def __init__(self, spec: MetricSource, index: Path, counters: Sequence[str] = ()) -> None:
        assert spec.url is not None  # MetricSource has it where its kind is prometheus
        self.name, self.cluster = spec.name, spec.cluster
        self.match, self.counters = tuple(spec.match or ()), tuple(counters)
        self.http = HttpSource(spec.url, index / "slots", spec.token, headers=tuple(sorted(spec.headers.items())), final=_says_why)

    def probe(self) -> Probe:
        """Reachable, its version, the days with samples (seen at the full hours), and core metrics that are not there."""
        try:
            names = self._wanted(())
            detail = f"{self._version()} at {self.http.shown}, {len(names)} metrics wanted"
            return Probe(True, detail, self._days(names), missing=catalog.absences(names))
        except AssayError as problem:
            return Probe(False, str(problem), frozenset())

    def inputs(self, days: Sequence[date]) -> Inputs:
        """One pseudo object a day: a past day of a server does not change, so its fingerprint is what is asked."""
        return {day: (self._object(day),) for day in days}

    def rejections(self) -> tuple[Rejection, ...]:
        """Nothing is looked at before extraction."""
        return ()

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """Both tables of every day. Raises SourceUnavailable or SourceRejected."""
        types = self._types()
        register = SeriesRegister(self.cluster)
        for day, items in inputs.items():
            spill = DaySpill(scratch, frozenset([day]), register)
            chunks = self._chunks(day)
            for question in self._questions(day):
                self._fetch(question, spill, chunks)
            settled = settle(spill, day, DayContext(self.name, [item.uri for item in items], types))
            yield from day_partitions(day, settled, [], items)

    def _object(self, day: date) -> ObjectStat:
        asked = [self.http.url, *self.match, "counters", *self.counters, day.isoformat()]
        asked += ["headers", *map(str, self.http.headers)] if self.http.headers else []
        return ObjectStat(f"{self.http.shown}#{day.isoformat()}", 0, sha256("\n".join(asked).encode()).hexdigest(), Path())

    def _questions(self, day: date) -> Iterator[_Question]:
        start, end = (int(moment.timestamp()) * 1000 for moment in day_bounds(day))
        if self.match:
            yield from (_Question((), selector, start, end) for selector in self.match)
            return
        names = self._wanted((("start", str(start // 1000)), ("end", str(end // 1000))))
        for at in range(0, len(names), NAMES_AT_ONCE):
            yield _Question(tuple(names[at : at + NAMES_AT_ONCE]), "", start, end)

    def _chunks(self, day: date) -> RemoteRead | None:
        """How to read chunks; None where that is not to be done. `match` is PromQL, which only the server's own parser reads."""
        start, end = (int(moment.timestamp()) for moment in day_bounds(day))
        return None if self.match else offered(self.http, start, end)

    def _fetch(self, question: _Question, spill: DaySpill, chunks: RemoteRead | None) -> None:
        try:
            for result in self._samples(question, chunks):
                spill.add(_batch(result, question, spill.register))
        except (_Refused, AnswerTooLarge) as refusal:
            smaller = question.halves()
            if not smaller:
                fix = "raise --query.max-samples of the server, or narrow `match`"
                raise SourceRejected(self.http.shown, f"refuses even 5 minutes of {question.query}: {refusal}", fix) from refusal
            for part in smaller:
                self._fetch(part, spill, chunks)

    def _samples(self, question: _Question, chunks: RemoteRead | None) -> "Iterator[Matrix]":
        if chunks is not None:
            try:
                yield from chunks.samples(question.names, question.start, question.end)
                return
            except NotOffered:
                pass  # what came before it comes again: a sample counts once
        yield self._vector(question)

    def _vector(self, question: _Question) -> "Matrix":
        # Both edges belong to a range in Prometheus 2, the left one does not in 3: ending 1 ms early covers [start, end) in both
        moment = f"{(question.end - 1) // 1000}.{(question.end - 1) % 1000:03d}"
        from audit_assets.metrics.matrix import read_matrix  # noqa: PLC0415 - loads numba

        answer = self._get("/api/v1/query", (("query", question.query), ("time", moment)))
        read = read_matrix(answer.body) if answer.status == 200 else None
        if read is not None:
            self._checked("/api/v1/query", answer.status, read[0])
            return read[1]
        return _matrix(self._content("/api/v1/query", answer)["result"])

    def _ask(self, path: str, parameters: Parameters) -> Any:
        return self._content(path, self._get(path, parameters))

    def _get(self, path: str, parameters: Parameters) -> Answer:
        return self.http.get(path, parameters, post=sum(len(value) for _, value in parameters) > 1500)

    def _content(self, path: str, answer: Answer) -> Any:
        try:
            return self._checked(path, answer.status, orjson.loads(answer.body))
        except orjson.JSONDecodeError as problem:
            fix = "name the address of Prometheus itself, without /graph"
            raise SourceRejected(f"{self.http.shown}{path}", f"HTTP {answer.status}, not a Prometheus answer", fix) from problem

    def _checked(self, path: str, status: int, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("status") != "success":
            raise self._complaint(path, status, content)
        if content.get("warnings"):
            raise SourceUnavailable(f"{self.http.shown}: its answer is partial ({content['warnings'][0]}); try again later")
        return content["data"]

    def _complaint(self, path: str, status: int, content: Any) -> Exception:
        said = str(content.get("error", "")) if isinstance(content, dict) else ""
        if status == 422 or _LIMITED.search(said):
            return _Refused(said)
        return SourceRejected(f"{self.http.shown}{path}", f"HTTP {status}: {said[:300] or 'no reason given'}", "check `url` and `match`")

    def _wanted(self, bounds: Parameters) -> list[str]:
        matching = tuple(("match[]", selector) for selector in self.match)
        names = list(self._ask("/api/v1/label/__name__/values", (*bounds, *matching)))
        return sorted(names) if self.match else catalog.wanted(names, self.counters)

    def _types(self) -> dict[str, str]:
        """Types of metrics that are scraped now; a server that does not tell leaves them to the catalogue."""
        try:
            told = self._ask("/api/v1/metadata", ())
        except (SourceRejected, _Refused):
            return {}
        return {name: str(entries[0].get("type", "")) for name, entries in told.items() if entries}

    def _version(self) -> str:
        try:
            return f"Prometheus {self._ask('/api/v1/status/buildinfo', ())['version']}"
        except (SourceRejected, _Refused, KeyError):
            return "a server with the Prometheus API"

    def _days(self, names: Sequence[str]) -> frozenset[date]:
        sentinel = next((name for name in _SENTINELS if name in names), names[0] if names else None)
        if sentinel is None:
            return frozenset()
        until = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
        found: set[date] = set()
        for back in range(3):  # 1,200 days, as long as a window can be
            end = until - timedelta(hours=back * _POINTS)
            bounds = (("start", _seconds(end - timedelta(hours=_POINTS - 1))), ("end", _seconds(end)), ("step", "3600"))
            data = self._ask("/api/v1/query_range", (("query", f"group({_named((sentinel,))})"), *bounds))
            found |= {datetime.fromtimestamp(at, UTC).date() for series in data["result"] for at, _ in series["values"]}
        return frozenset(found)


def _matrix(result: Sequence[dict[str, Any]]) -> "Matrix":
    """An answer that a JSON parser has read whole; native histograms have no `values` and are left out."""
    from audit_assets.metrics.matrix import Matrix  # noqa: PLC0415 - loads numba

    series = [one for one in result if one.get("values")]
    pairs = [pair for one in series for pair in one["values"]]
    ts = np.rint(np.array([at for at, _ in pairs], np.float64) * 1000).astype(np.int64) * 1000
    value = np.array([float(value) for _, value in pairs], np.float64)
    return Matrix([one["metric"] for one in series], [len(one["values"]) for one in series], ts, value)


def _batch(matrix: "Matrix", question: _Question, register: SeriesRegister) -> Batch:
    places = []
    for labels in matrix.labels:
        rest = dict(labels)
        places.append(register.place(SeriesName.of(rest.pop("__name__", ""), rest)))
    series = np.repeat(np.array(places, np.int64), matrix.counts)
    inside = (matrix.ts >= question.start * 1000) & (matrix.ts < question.end * 1000)
    if inside.all():
        return Batch(series, matrix.ts, matrix.value, np.zeros(series.size, np.int64))
    ts = matrix.ts[inside]
    return Batch(series[inside], ts, matrix.value[inside], np.zeros(ts.size, np.int64))


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    if len(listed) == 1:
        return f"{{__name__={_quoted(listed[0])}}}"
    return f"{{__name__=~{_quoted('|'.join(re.escape(name) for name in listed))}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _says_why(answer: Answer) -> bool:
    """A query that took too long: 503 with a reason. Asking the same again would take as long."""
    return answer.status == 503 and b'"errorType":"timeout"' in answer.body
