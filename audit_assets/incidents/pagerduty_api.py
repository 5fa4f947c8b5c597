"""PagerDuty's REST API v2 as a source: the incidents, log entries and alerts of each day, in the form that exported pages have.

Lists are read by offset within a window of time that both `since` and `until` name; a window that holds more than the API pages through
is halved. A list that changed while it was read is read again. What does not belong here: the shape of a record (pagerduty_rows.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import orjson

from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.http import HttpSource
from audit_assets.incidents.json_input import member, text_or_none, utc_moment
from audit_assets.incidents.pagerduty import PAGERDUTY_TABLES, Found, partition_of
from audit_assets.incidents.pagerduty_rows import names_in, records_of
from audit_assets.incidents.people import KnownPeople, Names
from audit_assets.incidents.redaction import Redactor
from audit_assets.live_days import live_inputs
from audit_assets.partitions import day_bounds
from audit_assets.source import Inputs, Partition, Probe, Rejection

ADDRESS = "https://api.pagerduty.com"
PAGE = 100  # records; the API gives no more
LARGEST_OFFSET = 10_000  # offset + limit may not pass it
SHORTEST_WINDOW = timedelta(seconds=2)
READINGS = 4  # of a list that changes while it is read
ATTEMPTS = 10  # a limit on requests lasts up to a minute
Entry = dict[str, object]
Bounds = tuple[datetime, datetime]


@dataclass(frozen=True)
class PagerDutyApi:
    """Lists of the API, whole."""

    http: HttpSource

    def get(self, path: str, parameters: Sequence[tuple[str, str]] = ()) -> Entry | None:
        """An answer; None when there is no such thing. Raises SourceRejected or SourceUnavailable."""
        answer = self.http.get(path, parameters)
        if answer.status == 404:
            return None
        try:
            content = orjson.loads(answer.body)
        except orjson.JSONDecodeError as problem:
            raise SourceUnavailable(f"{self.http.shown}{path}: HTTP {answer.status}, not JSON; try again later") from problem
        if answer.status != 200 or not isinstance(content, dict):
            said = str(member(content, "error", "message") or "no reason given")[:200]
            raise SourceRejected(f"{self.http.shown}{path}", f"HTTP {answer.status}: {said}", "check `url` and the token's permissions")
        return content

    def within(self, name: str, bounds: Bounds) -> Iterator[Entry]:
        """The entries of a list that were created in [since, until). Every entry once."""
        since, until = bounds
        path = f"/{name}"
        window = (("since", since.isoformat()), ("until", until.isoformat()), ("time_zone", "UTC"))
        extra = (("sort_by", "created_at:asc"),) if name == "incidents" else (("is_overview", "false"),)
        found = self.listed(path, name, (*window, *extra))
        if found is not None:
            yield from found
            return
        if until - since <= SHORTEST_WINDOW:
            reason = f"more than {LARGEST_OFFSET} {name} in {since.isoformat()}..{until.isoformat()}"
            raise SourceRejected(f"{self.http.shown}{path}", reason, "the API cannot list them; export these days as files")
        middle = since + timedelta(seconds=int((until - since).total_seconds()) // 2)
        seen: set[object] = set()
        for part in ((since, middle), (middle, until)):
            for entry in self.within(name, part):
                if entry.get("id") not in seen or entry.get("id") is None:
                    seen.add(entry.get("id"))
                    yield entry

    def listed(self, path: str, name: str, parameters: Sequence[tuple[str, str]] = ()) -> list[Entry] | None:
        """A whole list; None when it is longer than the API pages through. Read again while it changes."""
        for _ in range(READINGS):
            read = self._read(path, name, parameters)
            if read is None:
                return None
            entries, totals = read
            identified = {str(entry["id"]): entry for entry in entries if isinstance(entry, dict) and entry.get("id") is not None}
            nameless = [entry for entry in entries if not isinstance(entry, dict) or entry.get("id") is None]
            if len(totals) == 0 or totals == {len(identified) + len(nameless)}:
                return [*identified.values(), *nameless]
        raise SourceUnavailable(f"{self.http.shown}{path}: the list changes faster than it can be read; try again later")

    def _read(self, path: str, name: str, parameters: Sequence[tuple[str, str]]) -> tuple[list[Entry], set[int]] | None:
        """All pages, and the lengths of the list that they stated."""
        entries: list[Entry] = []
        totals: set[int] = set()
        offset = 0
        while True:
            if offset + PAGE > LARGEST_OFFSET:
                return None
            page = self.get(path, (*parameters, ("limit", str(PAGE)), ("offset", str(offset)), ("total", "true")))
            if page is None:
                return entries, totals
            listed = page.get(name)
            if not isinstance(listed, list):
                raise SourceRejected(f"{self.http.shown}{path}", f"no `{name}` in the answer", "check `url` in audit.yaml")
            total = page.get("total")
            totals |= {total} if isinstance(total, int) else set()
            if isinstance(total, int) and total > LARGEST_OFFSET:
                return None
            entries += listed
            offset += PAGE
            if not page.get("more"):
                return entries, totals


class PagerDutyLive:
    """PagerDuty itself. `salt` makes the pseudonyms."""

    tables = PAGERDUTY_TABLES
    version = 1
    live = True
    back_filled = False

    def __init__(self, name: str, url: str | None, index: Path, token: str, salt: str) -> None:
        self.name, self.redactor, self.known = name, Redactor(salt), KnownPeople()
        accept = "application/vnd.pagerduty+json;version=2"
        http = HttpSource(url or ADDRESS, index / "slots", token, attempts=ATTEMPTS, authorization="Token token={}", accept=accept)
        self.api = PagerDutyApi(http)

    def people(self) -> Names:
        """Everybody in the list of users, asked for once a day."""
        return _users(self.api, datetime.now(tz=UTC).date())

    def probe(self) -> Probe:
        """Reachable, and how many incidents the last 30 days have."""
        until = datetime.now(tz=UTC).replace(microsecond=0)
        window = (("since", (until - timedelta(days=30)).isoformat()), ("until", until.isoformat()))
        try:
            page = self.api.get("/incidents", (*window, ("limit", "1"), ("total", "true"))) or {}
            self.api.get("/log_entries", (*window, ("limit", "1")))
            self.api.get("/users", (("limit", "1"),))
        except AssayError as problem:
            return Probe(False, str(problem), frozenset())
        return Probe(True, f"PagerDuty at {self.api.http.shown}, {page.get('total', '?')} incidents in the last 30 days")

    def inputs(self, days: Sequence[date]) -> Inputs:
        """One pseudo object a day."""
        return live_inputs(self.api.http.shown, days)

    def rejections(self) -> tuple[Rejection, ...]:
        """Nothing is looked at before extraction."""
        return ()

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The records that were created on each day, each in its present version."""
        people = self.known.names(self.name) if self.known.by_source() else self.people()
        for day, items in inputs.items():
            document = self._document(day)
            redactor = self.redactor.knowing({**names_in(document), **people})
            found = [Found(record, items[0]) for record in records_of(document) or []]
            # what cannot be dated stays in the day that it was asked for
            of_day = [one for one in found if (moment := one.record.created_at) is None or moment.date() == day]
            for table in self.tables:
                yield from partition_of(table, (self.name, day, items), [one for one in of_day if one.record.table is table], redactor)

    def _document(self, day: date) -> dict[str, object]:
        bounds = day_bounds(day)
        incidents = list(self.api.within("incidents", bounds))
        entries = list(self.api.within("log_entries", bounds))
        created = {str(incident["id"]) for incident in incidents if incident.get("id") is not None}
        touched = {text for entry in entries if (text := text_or_none(member(entry, "incident", "id")))}
        older = [answer["incident"] for identity in sorted(touched - created) if (answer := self.api.get(f"/incidents/{identity}"))]
        alerts = [alert for identity in sorted(created | touched) for alert in self._alerts(identity, identity in created)]
        return {"incidents": [*incidents, *older], "log_entries": entries, "alerts": alerts}

    def _alerts(self, incident: str, is_new: bool) -> list[Entry]:
        """Alerts of an incident; those that cannot be dated only with the incident's own day, so that they count once."""
        alerts = self.api.listed(f"/incidents/{incident}/alerts", "alerts")
        if alerts is None:
            where = f"{self.api.http.shown}/incidents/{incident}/alerts"
            raise SourceRejected(where, f"more than {LARGEST_OFFSET} alerts", "the API cannot list them; export this incident as a file")
        return [alert for alert in alerts if is_new or utc_moment(member(alert, "created_at"))]


@lru_cache(maxsize=8)
def _users(api: PagerDutyApi, _: date) -> Names:
    return names_in(api.listed("/users", "users"))
