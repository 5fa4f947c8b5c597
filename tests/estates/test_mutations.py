"""Taking an input away turns claims unknown; it never turns a number into another number."""

import pytest

from tests.conftest import Audited, as_json, assay
from tests.estates.mutations import other_numbers, redeclare, sources, vanish

ANSWERS = {
    "billing": "cost.spend.total",
    "incidents": "rel.incidents.total",
    "manifests": "rel.spof.total",
    "metrics": "cost.idle.share",
}
DECLARED = {
    "people": ("beliefs", "guardrails", "pins", "checklist", "audit.stakeholder", "audit.review", "audit.track_owners"),
    "promises": ("scope.services.*.slo", "scope.services.*.owner", "scope.services.*.consumer"),
}  # blocks that no number rests on go together, because each run takes a minute


@pytest.mark.parametrize("group", sorted(ANSWERS))
def test_an_input_taken_away_makes_its_claims_unknown(copied: Audited, group: str) -> None:
    before = copied.claims()
    for source in sources(copied)[group]:
        vanish(copied, source)
    redeclare(copied, f"sources.{group}")
    assay("run", "--audit", copied.audit, "--home", copied.home)
    after = copied.claims()
    assert other_numbers(before, after) == {}
    assert after[ANSWERS[group]] == (None, "unknown")


@pytest.mark.parametrize("blocks", sorted(DECLARED))
def test_a_declaration_taken_away_changes_no_number(copied: Audited, blocks: str) -> None:
    before = copied.claims()
    redeclare(copied, *DECLARED[blocks])
    report = as_json(assay("run", "--audit", copied.audit, "--home", copied.home, "--json"))
    after = copied.claims()
    changed = set(other_numbers(before, after))
    # what is proposed, and what is left of its budget, follow the promise that was declared
    assert {claim for claim in changed if not claim.startswith("slo.") or not claim.endswith((".proposed", ".spend"))} == set()
    assert not report["gates"]["roadmap"]  # without owners or a review nobody acts on it
    if blocks == "people":
        assert changed == set()
        assert [claim for claim in after if claim.startswith("belief.")] == []
        assert after["readiness.AUD-12"][1] == "unknown"
    else:
        required = {claim: status for claim, (_, status) in after.items() if claim.startswith("slo.") and claim.endswith(".required")}
        assert set(required.values()) <= {"unknown"}
        assert {status for claim, (_, status) in after.items() if claim.startswith("owner.")} <= {"unknown", "derived", "declared"}


def test_one_source_of_many_that_vanished_makes_the_whole_unknown(copied: Audited) -> None:
    """A part of the bills, pages, metrics or manifests is not the answer, though the others are still there."""
    before = copied.claims()
    for group in ANSWERS:
        vanish(copied, sources(copied)[group][-1])
    done = assay("run", "--audit", copied.audit, "--home", copied.home)
    after = copied.claims()
    assert done.stderr.count("no such file or folder") >= len(ANSWERS)
    assert other_numbers(before, after) == {}
    assert {claim: after[claim] for claim in ANSWERS.values()} == dict.fromkeys(ANSWERS.values(), (None, "unknown"))
