import csv
from datetime import date
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
import yaml

from audit_assets.audit import FAILURE_MODES, REQUIREMENTS, SPOF_KINDS, Audit, load_audit
from audit_assets.declared.assets import build_declared_asset
from audit_assets.declared.declare import declared_partitions
from audit_assets.declared.tables import DECLARED_AUDIT
from audit_assets.errors import BadInput
from audit_assets.example import EXAMPLE
from audit_assets.home import Home
from audit_assets.record import run_id_of
from audit_assets.resources import AuditResource
from audit_assets.schema import PATH, schema_text
from audit_assets.strict import resolve_secret
from audit_assets.warehouse.dbt import PROJECT

MINIMAL = {"version": 1, "audit": {"name": "a", "window": {"days": 3, "end": "2026-03-03"}}}


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "audit.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def refusal(tmp_path: Path, content: object) -> str:
    with pytest.raises(BadInput) as caught:
        load_audit(written(tmp_path, content))
    return str(caught.value)


def test_window_ends_on_the_declared_day(tmp_path: Path) -> None:
    window = load_audit(written(tmp_path, MINIMAL)).window
    assert list(window) == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]


def test_the_example_of_init_is_valid(tmp_path: Path) -> None:
    assert load_audit(written(tmp_path, EXAMPLE)).scope.services[0].name == "chat"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({**MINIMAL, "sorces": {}}, "'sources'"),
        ({**MINIMAL, "audit": {"name": "a", "currencey": "EUR"}}, "'currency'"),
        ({**MINIMAL, "sources": {"billing": [{"name": "x", "kind": "focus", "url": "b/"}]}}, "'uri'"),
        ({**MINIMAL, "guardrails": [{"name": "g", "mode": "vram"}]}, "vram_exhaustion"),
    ],
)
def test_an_unknown_word_names_the_nearest_known_one(tmp_path: Path, content: object, expected: str) -> None:
    message = refusal(tmp_path, content)
    assert expected in message
    assert "audit.yaml" in message


def test_a_literal_secret_is_refused(tmp_path: Path) -> None:
    source = {
        "name": "m",
        "kind": "prometheus",
        "url": "http://127.0.0.1:1",
        "cluster": "c",
        "token": "s3cr3t-value",
    }
    message = refusal(tmp_path, {**MINIMAL, "sources": {"metrics": [source]}})
    assert "reference like ${" in message


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    with pytest.raises(BadInput, match="NO_SUCH_TOKEN"):
        resolve_secret("${NO_SUCH_TOKEN}")


def test_aliases_are_refused_with_their_line(tmp_path: Path) -> None:
    bomb = "version: 1\na: &a [x,x]\nb: &b [*a,*a]\naudit: {name: a}\n"
    assert "line 3" in refusal(tmp_path, bomb)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = {
        "billing": [{"name": "x", "kind": "focus", "uri": "a"}],
        "incidents": [{"name": "x", "kind": "slack", "uri": "b"}],
    }
    assert "unique" in refusal(tmp_path, {**MINIMAL, "sources": twice})


def test_the_committed_schema_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text()


def test_empty_lists_are_legal(tmp_path: Path) -> None:
    audit: Audit = load_audit(written(tmp_path, MINIMAL))
    assert audit.sources.billing == []


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([{"currency": "EUR", "rate": 1.1}, {"currency": "EUR", "rate": 1.2}], "EUR since ever"),
        ([{"currency": "EUR", "rate": rate, "since": "2026-03-01"} for rate in (1.1, 1.2)], "EUR since 2026-03-01"),
        ([{"currency": "USD", "rate": 1.0}], "USD is the audit's own currency"),
        ([{"currency": "EUR", "rate": 0}], "greater than 0"),
        ([{"currency": "EUR", "rate": float("nan")}], "rate"),
        ([{"currency": "euro", "rate": 1}], "should match pattern"),
        ([{"currency": "EUR", "rates": 1}], "'rate'"),
    ],
)
def test_an_exchange_rate_that_cannot_be_used_is_refused(tmp_path: Path, rates: list[dict[str, object]], expected: str) -> None:
    assert expected in refusal(tmp_path, {**MINIMAL, "exchange_rates": rates})


def test_exchange_rates_are_declared_as_rows(tmp_path: Path) -> None:
    rates = [{"currency": "EUR", "rate": 1.1}, {"currency": "EUR", "rate": 1.2, "since": "2026-03-01", "source": "treasury"}]
    audit = load_audit(written(tmp_path, {**MINIMAL, "exchange_rates": rates}))
    (rows,) = [p.rows for p in declared_partitions(audit) if p.table.name == "declared_exchange_rates"]
    assert isinstance(rows, pa.Table)
    assert rows.to_pylist() == [
        {"currency": "EUR", "rate": 1.1, "since": None, "rate_source": None},
        {"currency": "EUR", "rate": 1.2, "since": date(2026, 3, 1), "rate_source": "treasury"},
    ]


OVERRIDE = {"incident": "pd:P1", "mode": "data_issue", "started": "2026-03-01T10:00:00Z"}


def test_overrides_come_from_the_list_or_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "said.csv").write_text("incident,mode,started,reason\npd:P1,data_issue,2026-03-01T10:00:00Z,\n\n")
    listed = load_audit(written(tmp_path, {**MINIMAL, "incident_overrides": [OVERRIDE]}))
    named = load_audit(written(tmp_path, {**MINIMAL, "incident_overrides": "said.csv"}))
    assert listed.incident_overrides == named.incident_overrides
    (row,) = next(p for p in declared_partitions(named) if p.table.name == "declared_incident_overrides").rows.to_pylist()  # type: ignore[union-attr]
    assert (row["incident_id"], row["mode"], row["started_at"].isoformat()) == ("pd:P1", "data_issue", "2026-03-01T10:00:00+00:00")


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({**OVERRIDE, "mode": "vram"}, "vram_exhaustion"),
        ({**OVERRIDE, "service": "chat"}, "unknown service 'chat'"),
        ({**OVERRIDE, "mdoe": "x"}, "'mode'"),
        ({**OVERRIDE, "started": "2026-03-01T10:00:00"}, "timezone"),
        ({"incident": "pd:P1", "reason": "why not"}, "it changes nothing of pd:P1"),
        ({"incident": "pd:P1", "merge_into": "pd:P1"}, "merged into itself"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(tmp_path: Path, override: object, expected: str) -> None:
    assert expected in refusal(tmp_path, {**MINIMAL, "incident_overrides": [override]})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("incident,mood\npd:P1,bad\n", "row 1: unknown column 'mood'"),
        ("mode\ndata_issue\n", "row 1: no column 'incident'"),
        ("incident,started\npd:P1,2026-03-01T10:00:00Z\npd:P2,noon\n", "row 3, column started"),
        ("incident,mode\npd:P1,data_issue,oops\n", "row 2: more fields than columns"),
        ("incident,mode\n,data_issue\n", "row 2, column incident"),
    ],
)
def test_a_bad_row_of_overrides_is_named(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "said.csv").write_text(content)
    message = refusal(tmp_path, {**MINIMAL, "incident_overrides": "said.csv"})
    assert expected in message and "said.csv" in message


def test_a_file_of_overrides_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "none.csv" in refusal(tmp_path, {**MINIMAL, "incident_overrides": "none.csv"})


def test_an_effort_is_declared_for_what_the_table_knows(tmp_path: Path) -> None:
    seed = csv.DictReader((PROJECT / "seeds" / "fix_efforts.csv").read_text().splitlines())
    assert {row["subject"] for row in seed} == {*FAILURE_MODES, *SPOF_KINDS}
    audit = load_audit(written(tmp_path, {**MINIMAL, "efforts": {"no_pdb": 0.25}}))
    tables = {
        partition.table.name: partition.rows.to_pylist() for partition in declared_partitions(audit) if isinstance(partition.rows, pa.Table)
    }
    assert tables["declared_efforts"] == [{"subject": "no_pdb", "effort_days": 0.25}]
    assert "did you mean 'no_pdb'" in refusal(tmp_path, {**MINIMAL, "efforts": {"no_pbd": 1}})
    assert "above 0" in refusal(tmp_path, {**MINIMAL, "efforts": {"no_pdb": 0}})


def test_a_checklist_answer_is_yes_no_or_an_entry_with_its_source(tmp_path: Path) -> None:
    content = "version: 1\naudit: {name: a}\nchecklist:\n  AUD-04: yes\n  CHK-40: 'no'\n  OPT-64: {answer: not_applicable, said_by: Jane}\n"
    answers = load_audit(written(tmp_path, content)).checklist
    assert [(name, given.answer, given.said_by) for name, given in answers.items()] == [
        ("AUD-04", "yes", None),
        ("CHK-40", "no", None),
        ("OPT-64", "not_applicable", "Jane"),
    ]


@pytest.mark.parametrize("requirement", ["AUD-88", "AUD-4", "AUD-00", "XYZ-01", "AUD"])
def test_a_requirement_that_does_not_exist_names_those_that_do(tmp_path: Path, requirement: str) -> None:
    message = refusal(tmp_path, {**MINIMAL, "checklist": {requirement: "yes"}})
    assert requirement in message and "AUD-01 to AUD-87" in message


def test_the_checklist_knows_every_requirement_of_the_scorecard() -> None:
    seed = Path(__file__).parents[2] / "dbt_project" / "seeds" / "readiness_requirements.csv"
    listed = [line.partition(",")[0] for line in seed.read_text().splitlines()[1:]]
    assert set(listed) == {f"{document}-{number:02}" for document, last in REQUIREMENTS.items() for number in range(1, last + 1)}


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/srv/lake", "lies in --home, and then `lake` is left out"),
        ("gs://bucket/lake", "write it as s3://bucket/prefix"),
        ("s3:///lake", "write it as s3://bucket/prefix"),
        ("s3://bucket", "name a prefix of the bucket"),
        ("s3://bucket/a/../b", "name a prefix of the bucket"),
        ("s3://bucket/a//b", "name a prefix of the bucket"),
    ],
)
def test_a_lake_that_is_no_prefix_of_a_bucket_is_refused_with_the_way_out(tmp_path: Path, uri: str, expected: str) -> None:
    said = refusal(tmp_path, {**MINIMAL, "lake": {"uri": uri}})
    assert "lake.uri" in said and expected in said


@pytest.mark.parametrize("uri", ["s3://bucket/a/lake/bills/", "s3://bucket/a", "s3://bucket/a/lake"])
def test_a_lake_and_a_source_that_lie_in_one_another_are_refused(tmp_path: Path, uri: str) -> None:
    sources = {"billing": [{"name": "bill", "kind": "focus", "uri": uri}]}
    assert "the source bill" in refusal(tmp_path, {**MINIMAL, "sources": sources, "lake": {"uri": "s3://bucket/a/lake"}})


def test_a_lake_beside_the_inputs_is_fine_and_its_place_changes_no_document(tmp_path: Path) -> None:
    sources = {"billing": [{"name": "bill", "kind": "focus", "uri": "s3://bucket/a/lake-of-bills/"}]}
    here = load_audit(written(tmp_path, {**MINIMAL, "sources": sources}))
    there = load_audit(written(tmp_path, {**MINIMAL, "sources": sources, "lake": {"uri": "s3://bucket/a/lake/"}}))
    assert there.lake and there.lake.uri == "s3://bucket/a/lake"
    home = Home(tmp_path / "home").prepare()
    assert run_id_of(here, home) == run_id_of(there, home)


def test_what_no_document_is_made_from_is_in_no_digest_of_what_is_declared(tmp_path: Path) -> None:
    digests = []
    for extra in ({}, {"refresh": {"at": "05:00"}}, {"policy": {"required_tags": ["team"]}}):
        path = written(tmp_path, MINIMAL | extra)
        audit = AuditResource(audit_path=str(path), home_path=str(tmp_path / "home"))
        assert dg.materialize([build_declared_asset(lambda _, text: text)], resources={"audit": audit}).success
        manifest = audit.home.lake.manifest("declared", DECLARED_AUDIT, date(2026, 3, 3))
        assert manifest is not None
        digests.append(manifest.input_digest)
    assert digests[0] == digests[1] != digests[2]


def test_workloads_that_match_the_same_pods_are_refused_by_name(tmp_path: Path) -> None:
    """One of them would be billed for the other."""

    def scoped(*matches: dict[str, object]) -> dict[str, object]:
        workloads = [{"name": f"w{number}", "kind": "inference", "match": {**match}} for number, match in enumerate(matches)]
        return MINIMAL | {"scope": {"services": [{"name": "chat", "workloads": workloads}]}}

    alike, apart = {"namespace": "chat"}, {"namespace": "chat", "labels": {"app": "rerank"}}
    assert "workloads w0 and w1 match the same pods; tell them apart by `match.labels`" in refusal(tmp_path, scoped(alike, alike))
    for fine in ((alike, apart), ({}, {}), ({"billing_tags": {"team": "a"}}, {"billing_tags": {"team": "b"}})):
        assert len(load_audit(written(tmp_path, scoped(*fine))).scope.services[0].workloads) == 2
