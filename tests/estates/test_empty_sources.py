"""Empty source lists are legal: what they would feed is unknown, and says why."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from audit_assets.artifacts.pdf import MISSING, weasyprint
from tests.conftest import Audited, assay

DECLARED = {
    "version": 1,
    "audit": {"name": "nothing", "window": {"days": 3, "end": "2026-03-03"}},
    "scope": {"services": [{"name": "chat", "workloads": [{"name": "llm", "kind": "inference", "match": {"namespace": "chat"}}]}]},
    "beliefs": [{"id": "b", "statement": "idle is 10%", "claim": "cost.idle.share", "expected": 0.1}],
}


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("nothing")
    (folder / "audit.yaml").write_text(yaml.safe_dump(DECLARED))
    done = assay("run", "--audit", folder / "audit.yaml", "--home", folder / "home")
    return Audited(folder, folder / "home", done.stdout)


def test_no_claim_about_the_estate_is_known(nothing: Audited) -> None:
    """What remains says only who owns what is to be done about it."""
    known = nothing.query("select claim_id, status, value from fct_claims where status in ('measured', 'derived', 'contradicted')")
    assert [claim for claim in known if not str(claim[0]).startswith(("roadmap.", "readiness."))] == []
    assert [claim for claim in known if claim[2] is not None] == []


def test_no_unknown_claim_carries_a_number(nothing: Audited) -> None:
    assert nothing.query("select claim_id, value from fct_claims where status in ('unknown', 'untested') and value is not null") == []


def test_the_belief_is_untested(nothing: Audited) -> None:
    assert nothing.claims()["belief.b"][1] == "untested"


def test_open_gates_fail_a_strict_run(nothing: Audited) -> None:
    done = assay("run", "--audit", nothing.audit, "--home", nothing.home, "--strict", check=False)
    assert done.returncode == 3


def test_every_mart_is_there(nothing: Audited) -> None:
    marts = {name for (name,) in nothing.query("select table_name from duckdb_tables()")}
    assert {"fct_gpu_spend_daily", "fct_incidents", "fct_slo_proposal", "fct_roadmap_items", "meta_runs", "meta_sources"} <= marts


def test_the_documents_say_that_they_know_nothing(nothing: Audited) -> None:
    text = Path(nothing.home / "artifacts" / "cost_model.md").read_text()
    assert "gate: **open**" in text and "unknown" in text


@pytest.mark.skipif(weasyprint() is None, reason=MISSING)
def test_documents_are_there_as_pdf_unless_nobody_wants_them(nothing: Audited, audited: Callable[..., Audited]) -> None:
    wanted, unwanted = (made.home / "artifacts" for made in (nothing, audited()))
    assert {path.stem for path in wanted.glob("*.pdf")} == {path.stem for path in wanted.glob("*.html")}
    assert not list(unwanted.glob("*.pdf"))
