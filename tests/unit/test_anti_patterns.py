"""Each check on the audit itself passes on a sound audit and fails on the fault that it is there for."""

from pathlib import Path

import duckdb
import pytest

from audit_assets.artifacts.anti_patterns import CHECKS
from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.overview import TITLES
from tests.unit.test_published_claims import claim

SOUND = """
create table fct_assumptions as select 'bill_complete' as assumption_id, 'cost.,gpu.' as affects;
create table fct_roadmap_items as
    select * from (values
        (1, 'fix.a', 'sre', 'm', 1.0, 0.5, ['rel.x'], false, '1-4'),
        (2, 'tune', 'sre', 'm', 1.0, 0.5, ['x'], true, '9-12'))
    as t(rank, item_id, owner, metric, metric_from, metric_to, claim_ids, is_optimisation, phase);
create table fct_scope as select 'chat' as service, true as declared union all select null, false;
create table fct_slo_proposal as select 'chat' as service;
"""
BREAKS = {
    "cost_without_assumptions": "update fct_assumptions set affects = 'slo.'",
    "unranked_roadmap": "update fct_roadmap_items set rank = 1",
    "item_without_owner_or_metric": "update fct_roadmap_items set owner = 'UNOWNED' where rank = 2",
    "optimisation_before_week_9": "update fct_roadmap_items set phase = '5-8' where is_optimisation",
    "skipped_slo_track": "delete from fct_slo_proposal",
}


@pytest.fixture
def facts() -> Facts:
    connection = duckdb.connect()
    connection.execute(SOUND)
    known: list[Claim] = [claim(1, "a")]
    return Facts(connection, {one.claim_id: one for one in known})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for slug in TITLES:
        for kind in (".md", ".html"):
            (tmp_path / f"{slug}{kind}").write_text("written")
    (tmp_path / "gates.json").write_text('{"cost_model": {"met": true, "missing": []}, "roadmap": {"met": false, "missing": ["x"]}}')
    return tmp_path


def faults(facts: Facts, folder: Path) -> set[str]:
    return {name for name, check in CHECKS.items() if check(facts, folder)}


def test_a_sound_audit_has_no_fault(facts: Facts, folder: Path) -> None:
    assert faults(facts, folder) == set()


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_each_fault_is_found_by_its_check_alone(facts: Facts, folder: Path, name: str) -> None:
    facts.connection.execute(BREAKS[name])
    assert faults(facts, folder) == {name}


def test_a_metric_without_a_goal_and_an_item_without_evidence_are_faults(facts: Facts, folder: Path) -> None:
    facts.connection.execute("update fct_roadmap_items set metric_to = null, claim_ids = [] where rank = 1")
    assert CHECKS["item_without_owner_or_metric"](facts, folder) == ["fix.a: no metric, no evidence"]


@pytest.mark.parametrize("lost", ["cost_model.md", "cost_model.html"])
def test_a_met_gate_without_its_document_is_a_fault(facts: Facts, folder: Path, lost: str) -> None:
    (folder / lost).write_text("")
    assert CHECKS["gate_without_artifact"](facts, folder) == ["cost_model"]


def test_no_slo_document_is_a_skipped_track(facts: Facts, folder: Path) -> None:
    (folder / "slo_proposal.md").unlink()
    assert CHECKS["skipped_slo_track"](facts, folder) == ["slo_proposal was not written"]
