"""A run with every source live: S3, PagerDuty, Slack, Kubernetes, Prometheus. Rows arrive, secrets stay outside, again changes nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.conftest import Audited, as_json, assay, row_hashes
from tests.home_texts import texts_of
from tests.live_estate import CANARIES, DAYS, LiveEstate, running_estate
from tests.servers import S3Server


@pytest.fixture(scope="module")
def live(
    estate: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
    s3_server: S3Server,
    prometheus_server: Callable[..., str],
) -> Iterator[LiveEstate]:
    with (
        pytest.MonkeyPatch.context() as patched,
        running_estate(estate(), tmp_path_factory.mktemp("live"), s3_server, prometheus_server, patched) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def ran(live: LiveEstate) -> Audited:
    home = live.audit.parent / "home"
    done = assay("run", "--audit", live.audit, "--home", home)
    return Audited(live.audit.parent, home, done.stdout + done.stderr)


def test_every_source_fills_its_tables(ran: Audited) -> None:
    loaded = dict(ran.query("select source, sum(rows_loaded)::int from meta_sources where rows_loaded > 0 group by 1"))
    assert {"aws", "nimbus", "dc1-bill", "pagerduty", "slack", "prom", "cluster"} <= loaded.keys()
    days = ran.query(
        "select count(distinct day)::int from meta_sources where source = 'prom' and table_name = 'samples' and rows_loaded > 0"
    )
    assert days == [(DAYS,)]
    for mart in ("fct_gpu_spend_daily", "fct_incidents", "fct_sli_daily", "fct_spofs", "fct_claims"):
        ((rows,),) = ran.query(f"select count(*) from {mart}")
        assert rows > 0, mart


def test_secrets_are_sent_to_their_server_and_nowhere_else(live: LiveEstate, ran: Audited) -> None:
    for name, emulator in live.emulators.items():
        sent = " ".join(headers.get("Authorization", headers.get("authorization", "")) for *_, headers in emulator.asked)
        assert {canary for canary in CANARIES if canary in sent} == {c for c in CANARIES if c.startswith(_PREFIXES[name])}


_PREFIXES = {"pagerduty": "pd-", "slack": "xoxb-", "kubernetes": "k8s-"}


def test_no_file_no_log_line_and_no_event_holds_a_secret(ran: Audited) -> None:
    looked_at, found = set(), set()
    for path in sorted(ran.home.rglob("*")):
        if path.is_file() and path.suffix not in (".pdf", ".png"):
            looked_at.add(path.suffix)
            for text in texts_of(path):
                found |= {(canary, str(path.relative_to(ran.home))) for canary in CANARIES if canary in text}
    assert {".parquet", ".duckdb", ".md", ".html", ".json", ".db"} <= looked_at
    assert not found
    assert not [canary for canary in CANARIES if canary in ran.output]


def test_again_on_the_same_day_asks_for_nothing_and_changes_no_row(live: LiveEstate, ran: Audited) -> None:
    before, asked = row_hashes(ran.home / "marts.duckdb"), live.asked()
    assert as_json(assay("run", "--audit", live.audit, "--home", ran.home, "--json"))["unchanged"]
    assert live.asked() == asked
    assert row_hashes(ran.home / "marts.duckdb") == before


def test_a_later_day_asks_again_for_young_days_and_what_is_the_same_changes_no_row(live: LiveEstate, ran: Audited) -> None:
    for path in (ran.home / "lake").rglob("_manifest.json"):
        told = json.loads(path.read_bytes())
        if told["source"] in ("pagerduty", "slack", "prom"):
            just_after = date.fromisoformat(told["day"]) + timedelta(days=1)
            path.write_text(json.dumps(told | {"extracted_at": f"{just_after}T00:05:00Z"}))
    before, asked = row_hashes(ran.home / "marts.duckdb"), live.asked()
    assert as_json(assay("run", "--audit", live.audit, "--home", ran.home, "--json"))["unchanged"]
    assert {name for name, count in live.asked().items() if count > asked[name]} == {"pagerduty", "slack"}  # the cluster was asked today
    assert row_hashes(ran.home / "marts.duckdb") == before
