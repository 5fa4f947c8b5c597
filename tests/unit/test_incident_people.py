"""People that one incident source lists and another writes out."""

import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit_assets.audit_sources import IncidentSource
from audit_assets.days import compare
from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.incidents.factory import IncidentReader, incident_sources
from audit_assets.incidents.people import KnownPeople
from audit_assets.incidents.redaction import Redactor
from audit_assets.lake import Lake

DAY = date(2026, 7, 14)
DANA = {"id": "U1", "name": "dana.w", "profile": {"real_name": "Dana Whitfield"}}
TITLE = "chat down, Dana Whitfield restarts it"


def written(folder: Path, users: list[dict[str, Any]]) -> None:
    (folder / "slack").mkdir(exist_ok=True)
    (folder / "slack" / "users.json").write_text(json.dumps(users))
    (folder / "pd").mkdir(exist_ok=True)
    page = {"id": "P1", "created_at": "2026-07-14T09:00:00Z", "title": TITLE}
    (folder / "pd" / "pages.json").write_text(json.dumps({"incidents": [page, {"title": TITLE}]}))


def sources(folder: Path) -> tuple[list[IncidentReader], KnownPeople]:
    specs = [IncidentSource(name=kind, kind=kind, uri=uri) for kind, uri in (("pagerduty", "pd"), ("slack", "slack"))]
    return incident_sources(specs, folder, lambda name: folder / "index" / name, "salt")


def texts_of(source: IncidentReader, folder: Path) -> list[str]:
    (partition,) = pickle.loads(pickle.dumps(source)).extract(source.inputs([DAY]), folder)
    return [partition.rows.to_pylist()[0]["title"], partition.quarantined.to_pylist()[0]["raw"]]


def test_a_person_of_slack_is_found_on_a_page_and_in_its_quarantine(tmp_path: Path) -> None:
    written(tmp_path, [DANA])
    (pagerduty, _), _ = sources(tmp_path)
    dana = Redactor("salt").person("U1")
    title, raw = texts_of(pagerduty, tmp_path)
    assert title == f"chat down, {dana} restarts it"
    assert "Whitfield" not in raw and dana in raw


def test_a_day_is_current_until_the_list_of_people_changes(tmp_path: Path) -> None:
    def digest() -> str:
        (pagerduty, _), _ = sources(tmp_path)
        return compare(pagerduty, Lake(tmp_path / "lake"), [DAY]).digests[DAY]

    written(tmp_path, [])
    nobody = digest()
    written(tmp_path, [DANA])
    dana = digest()
    assert nobody != dana == digest()


def test_names_travel_to_other_processes_and_files_do_not(tmp_path: Path) -> None:
    written(tmp_path, [DANA])
    _, known = sources(tmp_path)
    sent = pickle.dumps(known)
    assert str(tmp_path).encode() not in sent
    assert pickle.loads(sent).names() == {"dana.w": "U1", "Dana Whitfield": "U1"}


class Told:
    def __init__(self, name: str, names: dict[str, str], problem: Exception | None = None) -> None:
        self.name, self.told, self.problem = name, names, problem

    def people(self) -> dict[str, str]:
        if self.problem:
            raise self.problem
        return self.told


def test_a_name_that_two_sources_list_is_whose_its_own_source_says() -> None:
    known = KnownPeople([Told("pd", {"Dana": "P1"}), Told("slack", {"Dana": "U1", "Nizar": "U2"})])
    assert known.names() == known.names("pd") == {"Dana": "P1", "Nizar": "U2"}
    assert known.names("slack") == {"Dana": "U1", "Nizar": "U2"}


def test_a_source_that_does_not_answer_stops_the_others_and_a_refused_one_does_not() -> None:
    with pytest.raises(SourceUnavailable):
        KnownPeople([Told("live", {}, SourceUnavailable("later"))]).names()
    refused = Told("gone", {}, SourceRejected("gone", "no such folder", "look again"))
    assert KnownPeople([refused, Told("slack", {"Nizar": "U2"})]).names() == {"Nizar": "U2"}


def test_the_fingerprint_gives_no_name_away_and_depends_on_whose_it_is() -> None:
    def fingerprint(**names: str) -> str:
        return KnownPeople([Told("slack", names)]).fingerprint()

    prints = [fingerprint(Dana="U1"), fingerprint(Dana="U2"), fingerprint(Nizar="U1")]
    assert len(set(prints)) == 3 and not any("Dana" in one or "U1" in one for one in prints)
    assert fingerprint() == ""
