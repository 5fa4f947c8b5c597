"""PagerDuty and Slack over their APIs, spoken by emulators: the same rows as from an export, whatever goes wrong on the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from audit_assets.audit_sources import IncidentSource
from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.http import HttpSource
from audit_assets.incidents import pagerduty_api
from audit_assets.incidents.factory import incident_source
from audit_assets.incidents.pagerduty_api import PagerDutyApi
from audit_assets.incidents.slack_api import SlackApi
from audit_assets.lake import Lake
from tests.emulated_services import NAMES, PagerDutyPages, pagerduty_of, slack_of
from tests.emulators import FAULTS, Emulator, running

SALT = "0" * 32
TOKEN = "t0ken-that-nobody-may-see"


def _source(kind, url, tmp_path, monkeypatch, **settings):
    monkeypatch.setenv("API_TOKEN", TOKEN)
    spec = IncidentSource.model_validate({"name": "live", "kind": kind, "token": "${API_TOKEN}", "url": url} | settings)
    source = incident_source(spec, tmp_path, tmp_path / "index", SALT)
    http = replace(source.api.http, first_wait_seconds=0.005, attempts=40)
    source.api = type(source.api)(http)
    return source


def _filled(source, days, lake, scratch):
    """The lake after a run; raises what a run would report."""
    scratch.mkdir(exist_ok=True)
    for chunk in chunked(plan(source, lake, days)):
        extract_chunk(chunk, lake, scratch)
    return _rows(source, days, lake)


def _rows(source, days, lake):
    found = {}
    for table in source.tables:
        for day in days:
            rows = lake.read(source.name, table, day).to_pylist()
            found[table.name, day] = [{k: v for k, v in row.items() if k not in ("source_uri", "deliveries")} for row in rows]
    return found


def _days_of(moments):
    first, last = min(moments), max(moments)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@pytest.fixture(scope="module")
def exported(estate):
    return estate() / "incidents"


@pytest.mark.parametrize("faults", [0.0, 0.4])
def test_pagerduty_gives_the_rows_of_its_export(exported, tmp_path, monkeypatch, faults):
    pages = pagerduty_of(exported)
    moments = [datetime.fromisoformat(one["created_at"]).date() for name in NAMES for one in pages.held[name]]
    days = _days_of(moments)
    files = incident_source(
        IncidentSource(name="live", kind="pagerduty", uri=str(exported / "pagerduty")), tmp_path, tmp_path / "files-index", SALT
    )
    wanted = _filled(files, days, Lake(tmp_path / "files"), tmp_path / "scratch")
    with running(Emulator(pages, faults)) as emulator:
        source = _source("pagerduty", emulator.url, tmp_path, monkeypatch)
        found = _filled(source, days, Lake(tmp_path / "api"), tmp_path / "scratch")
    assert sum(map(len, wanted.values())) > 50
    assert found == wanted
    assert emulator.too_early == 0
    assert emulator.suffered == (set(FAULTS) if faults else set())
    for path, asked, headers in emulator.asked:
        assert headers["Authorization"] == f"Token token={TOKEN}"
        assert ("since" in asked) == ("until" in asked) == (path in ("/incidents", "/log_entries"))
    written = [path for path in (tmp_path / "api").rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert not written


def test_addresses_inside_answers_are_never_followed(tmp_path, monkeypatch):
    """A second server stands where the pages say that the list goes on."""
    created = datetime(2026, 9, 1, 12, tzinfo=UTC).isoformat()
    pages = PagerDutyPages([{"id": f"PI{number}", "type": "incident", "created_at": created} for number in range(250)])
    with running(Emulator(pages)) as emulator, running(Emulator(lambda path, asked: (200, {}))) as other:
        pages.next_page = f"{other.url}/incidents?offset=100"
        source = _source("pagerduty", emulator.url, tmp_path, monkeypatch)
        found = _filled(source, [date(2026, 9, 1)], Lake(tmp_path / "lake"), tmp_path / "scratch")
    assert len(found["pagerduty_incidents", date(2026, 9, 1)]) == 250
    assert not other.asked


@pytest.mark.parametrize("faults", [0.0, 0.4])
def test_slack_gives_the_rows_of_its_export(exported, tmp_path, monkeypatch, faults):
    archive, workspace = slack_of(exported)
    chosen = sorted(workspace.ids)
    moments = [
        datetime.fromtimestamp(float(m["ts"]), UTC).date() for identity in workspace.ids.values() for m in workspace.messages(identity)
    ]
    days = _days_of(moments)[-20:]
    files = incident_source(
        IncidentSource(name="live", kind="slack", uri=str(archive), channels=chosen), tmp_path, tmp_path / "files-index", SALT
    )
    wanted = _filled(files, days, Lake(tmp_path / "files"), tmp_path / "scratch")
    with running(Emulator(workspace, faults)) as emulator:
        source = _source("slack", emulator.url, tmp_path, monkeypatch, channels=[f"#{chosen[0]}", *chosen[1:]])
        found = _filled(source, days, Lake(tmp_path / "api"), tmp_path / "scratch")
    assert sum(map(len, wanted.values())) > 20
    assert found == wanted
    assert emulator.too_early == 0
    assert {headers["Authorization"] for *_, headers in emulator.asked} == {f"Bearer {TOKEN}"}


def _incident(number, moment):
    return {"id": f"Q{number}", "type": "incident", "title": f"incident {number}", "status": "resolved", "created_at": moment.isoformat()}


def _api(url, tmp_path, monkeypatch, **changes):
    monkeypatch.setenv("API_TOKEN", TOKEN)
    return PagerDutyApi(HttpSource(url, tmp_path / "slots", "${API_TOKEN}", first_wait_seconds=0.005, **changes))


DAY = datetime(2026, 3, 1, tzinfo=UTC)
BOUNDS = (DAY, DAY + timedelta(days=1))


def test_a_window_beyond_the_largest_offset_is_halved(tmp_path, monkeypatch):
    monkeypatch.setattr(pagerduty_api, "LARGEST_OFFSET", 300)
    pages = PagerDutyPages([_incident(number, DAY + timedelta(seconds=60 * number)) for number in range(1300)])
    with running(Emulator(pages)) as emulator:
        found = list(_api(emulator.url, tmp_path, monkeypatch).within("incidents", BOUNDS))
    assert [one["id"] for one in found] == [f"Q{number}" for number in range(1300)]


def test_more_in_a_second_than_can_be_listed_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pagerduty_api, "LARGEST_OFFSET", 200)
    pages = PagerDutyPages([_incident(number, DAY) for number in range(201)])
    with running(Emulator(pages)) as emulator, pytest.raises(SourceRejected, match="more than 200 incidents"):
        list(_api(emulator.url, tmp_path, monkeypatch).within("incidents", BOUNDS))


def test_a_list_that_loses_an_entry_while_it_is_read_loses_no_other(tmp_path, monkeypatch):
    """Without a second reading the offset would skip the first entry of the second page."""

    def merge_one(pages, name):
        pages.held[name].pop(0)
        pages.after_page = None

    pages = PagerDutyPages([_incident(number, DAY + timedelta(seconds=number)) for number in range(250)])
    pages.after_page = merge_one
    with running(Emulator(pages)) as emulator:
        found = list(_api(emulator.url, tmp_path, monkeypatch).within("incidents", BOUNDS))
    assert [one["id"] for one in found] == [f"Q{number}" for number in range(1, 250)]


def test_a_list_that_never_stands_still_is_unavailable_and_not_taken_in_part(tmp_path, monkeypatch):
    pages = PagerDutyPages([_incident(number, DAY) for number in range(2000)])
    pages.after_page = lambda pages, name: pages.held[name].pop(0)
    with running(Emulator(pages)) as emulator, pytest.raises(SourceUnavailable, match="changes faster"):
        list(_api(emulator.url, tmp_path, monkeypatch).within("incidents", BOUNDS))


def test_what_happens_on_a_later_day_to_an_older_incident_is_found_there(tmp_path, monkeypatch):
    """An alert that joins, and an acknowledgement that stands only on the incident."""
    incident = _incident(1, DAY) | {"acknowledgements": [{"at": (DAY + timedelta(days=3)).isoformat(), "acknowledger": {"id": "U1"}}]}
    later = (DAY + timedelta(days=3, hours=1)).isoformat()
    entry = {"id": "L1", "type": "trigger_log_entry", "created_at": later, "incident": {"id": "Q1"}}
    alert = {"id": "A1", "type": "alert", "created_at": later, "incident": {"id": "Q1"}}
    with running(Emulator(PagerDutyPages([incident], [entry], [alert]))) as emulator:
        source = _source("pagerduty", emulator.url, tmp_path, monkeypatch)
        days = [DAY.date() + timedelta(days=number) for number in range(5)]
        rows = _filled(source, days, Lake(tmp_path / "lake"), tmp_path / "scratch")
    counts = {key: len(found) for key, found in rows.items() if found}
    third = days[3]
    assert counts == {("pagerduty_incidents", days[0]): 1, ("pagerduty_log_entries", third): 2, ("pagerduty_alerts", third): 1}


@pytest.mark.parametrize("kind", ["pagerduty", "slack"])
def test_a_stopped_run_goes_on_where_it_was(exported, tmp_path, monkeypatch, kind):
    answer = pagerduty_of(exported) if kind == "pagerduty" else slack_of(exported)[1]
    settings = {} if kind == "pagerduty" else {"channels": sorted(answer.ids)}
    days = [date.fromisoformat("2026-09-30") - timedelta(days=number) for number in range(12)][::-1]
    lake, scratch = Lake(tmp_path / "lake"), tmp_path / "scratch"
    with running(Emulator(answer)) as emulator:
        source = _source(kind, emulator.url, tmp_path, monkeypatch, **settings)
        whole = _filled(source, days, Lake(tmp_path / "whole"), scratch)
        emulator.refuse_from = len(emulator.asked) + len(emulator.asked) * 2 // 3
        source.api = type(source.api)(replace(source.api.http, attempts=2))
        with pytest.raises(SourceUnavailable):
            _filled(source, days, lake, scratch)
        emulator.refuse_from = None
        left = plan(source, lake, days).todo
        kept = {day: lake.manifest(source.name, source.tables[0], day) for day in days if day not in left}
        assert _filled(source, days, lake, scratch) == whole
    assert any(whole.values())
    assert kept, "days that were finished before the stop are kept"
    for day, manifest in kept.items():
        assert lake.manifest(source.name, source.tables[0], day).sha256 == manifest.sha256


def test_a_channel_that_the_app_does_not_see_is_refused_by_name(exported, tmp_path, monkeypatch):
    with running(Emulator(slack_of(exported)[1])) as emulator:
        source = _source("slack", emulator.url, tmp_path, monkeypatch, channels=["no-such-channel"])
        assert not source.probe().reachable
        with pytest.raises(SourceRejected, match="no-such-channel"):
            _filled(source, [DAY.date()], Lake(tmp_path / "lake"), tmp_path / "scratch")


@pytest.mark.parametrize(
    ("error", "problem"), [("missing_scope", SourceRejected), ("invalid_auth", SourceRejected), ("ratelimited", SourceUnavailable)]
)
def test_slack_errors_in_a_good_answer_are_errors(tmp_path, monkeypatch, error, problem):
    monkeypatch.setenv("API_TOKEN", TOKEN)
    with running(Emulator(lambda path, asked: (200, {"ok": False, "error": error}))) as emulator:
        api = SlackApi(HttpSource(emulator.url, tmp_path / "slots", "${API_TOKEN}"))
        with pytest.raises(problem, match=error) as told:
            api.call("users.list")
    assert TOKEN not in str(told.value)


def test_a_cursor_that_comes_twice_is_not_followed_for_ever(tmp_path):
    page = {"ok": True, "members": [], "response_metadata": {"next_cursor": "again"}}
    with running(Emulator(lambda path, asked: (200, page))) as emulator, pytest.raises(SourceUnavailable, match="same cursor"):
        list(SlackApi(HttpSource(emulator.url, tmp_path / "slots")).listed("users.list", "members"))


def test_doctor_says_what_is_reached(exported, tmp_path, monkeypatch):
    with running(Emulator(pagerduty_of(exported))) as emulator:
        probe = _source("pagerduty", emulator.url, tmp_path, monkeypatch).probe()
    assert probe.reachable
    assert "incidents in the last 30 days" in probe.detail
    probe = _source("pagerduty", "http://127.0.0.1:9", tmp_path, monkeypatch)
    probe.api = PagerDutyApi(replace(probe.api.http, attempts=1))
    assert not probe.probe().reachable


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"kind": "pagerduty"}, "takes `uri`"),
        ({"kind": "pagerduty", "uri": "x/", "token": "${T}"}, "only one of them"),
        ({"kind": "slack", "token": "${T}"}, "takes `channels`"),
        ({"kind": "pagerduty", "token": "${T}", "url": "http://pd.example"}, "https://"),
        ({"kind": "pagerduty", "token": "secret-itself"}, "must be a reference"),
    ],
)
def test_entries_that_cannot_be_meant_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        IncidentSource.model_validate(settings)
