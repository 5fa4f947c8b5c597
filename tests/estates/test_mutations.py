"""Taking an input away turns claims unknown; it never turns a number into another number."""

import math
import shutil

import pytest
import yaml

from tests.conftest import Audited, as_json, assay

KNOWN = ("measured", "derived", "declared", "contradicted")
ANSWERS = {
    "billing": "cost.spend.total",
    "incidents": "rel.incidents.total",
    "manifests": "rel.spof.total",
    "metrics": "cost.idle.share",
}


def without(audited: Audited, group: str) -> None:
    """Empty one group of sources in audit.yaml and take its files away."""
    declared = yaml.safe_load(audited.audit.read_text())
    for source in declared["sources"][group]:
        path = audited.estate / source["uri"]
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    declared["sources"][group] = []
    audited.audit.write_text(yaml.safe_dump(declared))


def other_numbers(before: dict[str, tuple[float | None, str]], after: dict[str, tuple[float | None, str]]) -> dict[str, object]:
    return {
        claim: (before[claim], after[claim])
        for claim in before.keys() & after.keys()
        if before[claim][1] in KNOWN
        and after[claim][1] in KNOWN
        and before[claim][0] is not None
        and after[claim][0] is not None
        and not math.isclose(float(before[claim][0] or 0), float(after[claim][0] or 0), rel_tol=1e-9, abs_tol=1e-9)
    }


@pytest.mark.parametrize("group", sorted(ANSWERS))
def test_an_input_taken_away_makes_its_claims_unknown(copied: Audited, group: str) -> None:
    before = copied.claims()
    without(copied, group)
    assay("run", "--audit", copied.audit, "--home", copied.home)
    after = copied.claims()
    assert other_numbers(before, after) == {}
    assert after[ANSWERS[group]] == (None, "unknown")


DECLARED = {
    "people": ("beliefs", "guardrails", "pins", "checklist", "audit.stakeholder", "audit.review", "audit.track_owners"),
    "promises": ("scope.services.*.slo", "scope.services.*.owner", "scope.services.*.consumer"),
}  # blocks that no number rests on go together, because each run takes a minute


def without_declared(audited: Audited, paths: tuple[str, ...]) -> None:
    """Take blocks out of audit.yaml; `*` is every entry of a list."""
    declared = yaml.safe_load(audited.audit.read_text())
    for path in paths:
        nodes, (*way, last) = [declared], path.split(".")
        for step in way:
            nodes = [child for node in nodes for child in (node if step == "*" else [node.get(step, {})])]
        for node in nodes:
            node.pop(last, None)
    audited.audit.write_text(yaml.safe_dump(declared))


@pytest.mark.parametrize("blocks", sorted(DECLARED))
def test_a_declaration_taken_away_changes_no_number(copied: Audited, blocks: str) -> None:
    before = copied.claims()
    without_declared(copied, DECLARED[blocks])
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
    declared = yaml.safe_load(copied.audit.read_text())
    for group in ANSWERS:
        last = copied.estate / declared["sources"][group][-1]["uri"]
        shutil.rmtree(last) if last.is_dir() else last.unlink()
    done = assay("run", "--audit", copied.audit, "--home", copied.home)
    after = copied.claims()
    assert done.stderr.count("no such file or folder") >= len(ANSWERS)
    assert other_numbers(before, after) == {}
    assert {claim: after[claim] for claim in ANSWERS.values()} == dict.fromkeys(ANSWERS.values(), (None, "unknown"))
