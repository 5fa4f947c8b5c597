"""Secrets planted in every corner of incident inputs and of overrides, and people whom one source lists and another writes out: after a
run, no file below the home holds one.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.conftest import assay
from tests.home_texts import texts_of
from tests.unit.test_redaction import PLANTED, core

DAY, TS = "2026-09-29", 1790676000  # 2026-09-29 10:00 UTC
SAID = "Users get 500s from chat since 09:50 UTC, CUDA out of memory. Seen beside it: {}"
NAMES = {"Dana Whitfield": "U1", "Nizar Gharbi": "U2"}  # in the list of Slack's users
PAGED = {"Ottoline Vandersloot": "PU3"}  # only a log entry of PagerDuty says that she is a person
CANARIES = {**PLANTED, **{name: name for name in (*NAMES, *PAGED)}}
CORES = {kind: core(planted).lower() for kind, planted in CANARIES.items()} | {"bearer": "canary.token/value"}


def _messages() -> list[dict[str, Any]]:
    texts = [SAID.format(planted) for planted in CANARIES.values()]
    said = [{"type": "message", "user": "U1", "ts": f"{TS + 60 * place}.000000", "text": text} for place, text in enumerate(texts)]
    blocks = [{"type": "rich_text", "elements": [{"elements": [{"type": "text", "text": text}]}]} for text in texts]
    said += [{"user": "U2", "ts": f"{TS + 9000 + 60 * place}.000000", "text": "", "blocks": [one]} for place, one in enumerate(blocks)]
    shown = [{"title": "alert", "fields": [{"title": "found", "value": text}]} for text in texts]
    said += [{"subtype": "bot_message", "ts": f"{TS + 20000 + place}.000000", "attachments": [one]} for place, one in enumerate(shown)]
    return said + [{"ts": "never", "text": text} for text in texts]  # to be quarantined


def _pages() -> dict[str, list[dict[str, Any]]]:
    pages: dict[str, list[dict[str, Any]]] = {"incidents": [], "log_entries": [], "alerts": []}
    for place, planted in enumerate(CANARIES.values()):
        identity, text, at = f"PCANARY{place}", SAID.format(planted), f"{DAY}T{place % 24:02}:00:00Z"
        agent = {"id": "PU3", "type": "user_reference", "summary": "Ottoline Vandersloot"}
        service = {"summary": f"chat-prod {planted}"}
        page = {"id": identity, "created_at": at, "title": text, "description": text, "incident_key": planted, "service": service}
        pages["incidents"] += [page, {"title": text}]
        note = {"type": "annotate_log_entry", "channel": {"type": "note", "summary": text}, "agent": agent}
        pages["log_entries"] += [{"id": f"L{place}", "created_at": at, "incident": {"id": identity}, "summary": text, **note}]
        alert = {"alert_key": planted, "summary": text, "body": {"details": {"note": text, planted: planted}}}
        pages["alerts"] += [{"id": f"A{place}", "created_at": at, "incident": {"id": identity}, **alert}]
    return pages


def _alerts() -> list[dict[str, Any]]:
    made = []
    for place, planted in enumerate(CANARIES.values()):
        labels = {"alertname": f"Canary{place}", "owner": planted, "severity": "critical", planted: "x"}
        told = {"labels": labels, "annotations": {"summary": SAID.format(planted)}, "startsAt": f"{DAY}T10:00:00Z"}
        bad = {"labels": {"owner": planted}, "startsAt": f"{DAY}T10:00:00Z"}
        made.append({"version": "4", "groupKey": planted, "receiver": planted, "alerts": [told, bad]})
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canaries")
    slack = folder / "slack" / "chat-oncall"
    slack.mkdir(parents=True)
    (slack / f"{DAY}.json").write_text(json.dumps(_messages()))
    people = [{"id": identity, "name": name.lower(), "profile": {"real_name": name}} for name, identity in NAMES.items()]
    (folder / "slack" / "users.json").write_text(json.dumps(people))
    (folder / "pd").mkdir()
    (folder / "pd" / "pages.json").write_text(json.dumps(_pages()))
    (folder / "pd" / "cut.json").write_text(json.dumps(_pages())[:-50])
    (folder / "am").mkdir()
    lines = [*map(json.dumps, _alerts()), *(f"not json {planted}" for planted in CANARIES.values())]
    (folder / "am" / "alerts.jsonl").write_text("\n".join(lines))
    sources = [{"kind": kind, "uri": uri} for kind, uri in (("pagerduty", "pd"), ("slack", "slack"), ("alertmanager", "am"))]
    service = {"name": "chat", "workloads": [{"name": "chat-llm", "kind": "inference", "match": {"namespace": "chat"}}]}
    audit = {"name": "canaries", "window": {"days": 3, "end": "2026-09-30"}}
    overrides = [
        {"incident": f"pd:PCANARY{place}", "severity": planted, "mode": "vram_exhaustion", "reason": SAID.format(planted)}
        for place, planted in enumerate(CANARIES.values())
    ]
    declared = {"version": 1, "audit": audit, "sources": {"incidents": sources}, "scope": {"services": [service]}}
    declared |= {"incident_overrides": overrides, "documents": {"pdf": False}}
    (folder / "audit.yaml").write_text(yaml.safe_dump(declared))
    done = assay("run", "--audit", folder / "audit.yaml", "--home", folder / "home", check=False)
    assert "Traceback" not in done.stderr and done.returncode == 2, done.stderr  # 2: cut.json is refused
    (folder / "home" / "said.txt").write_text(done.stdout + done.stderr)
    return folder / "home"


def test_the_canaries_went_through_the_whole_run(home: Path) -> None:
    with duckdb.connect(home / "marts.duckdb", read_only=True) as connection:
        counts = connection.execute(
            "select table_name, sum(rows_loaded)::int, sum(rows_quarantined)::int from meta_sources where rows_in > 0 group by 1"
        ).fetchall()
        overrides = connection.execute("select count(*), count(reason) from fct_incident_overrides where state = 'applied'").fetchone()
        incidents, alerts = (connection.execute(f"select count(*) from {name}").fetchone() for name in ("fct_incidents", "fct_alerts"))
    planted = len(CANARIES)
    assert {name: (loaded, refused) for name, loaded, refused in counts if not name.startswith("declared")} == {
        "slack_messages": (3 * planted, planted),
        "pagerduty_incidents": (planted, planted),
        "pagerduty_log_entries": (planted, 0),
        "pagerduty_alerts": (planted, 0),
        "alertmanager_alerts": (planted, 2 * planted),
    }
    assert incidents and incidents[0] > 0 and alerts and alerts[0] == planted
    assert overrides == (planted, planted)


def test_no_file_below_the_home_holds_a_canary(home: Path) -> None:
    looked_at, found = set(), set()
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.suffix not in (".pdf", ".png"):
            looked_at.add(path.suffix)
            for text in texts_of(path):
                lowered = text.lower()
                found |= {(kind, str(path.relative_to(home))) for kind, secret in CORES.items() if secret in lowered}
    assert {".parquet", ".duckdb", ".md", ".html", ".json", ".db"} <= looked_at
    assert not found


def test_the_sentence_around_a_name_stays(home: Path) -> None:
    with duckdb.connect(home / "marts.duckdb", read_only=True) as connection:
        reasons = [str(row[0]) for row in connection.execute("select reason from fct_incident_overrides").fetchall()]
    people = [reason for reason in reasons if reason.startswith("Users get 500s from chat") and "Seen beside it: person-" in reason]
    assert len({reason[-len("person-12345678") :] for reason in people}) == len(NAMES) + len(PAGED)
