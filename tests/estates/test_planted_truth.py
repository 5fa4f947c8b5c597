"""Every planted fact is found in the marts, at the value it was planted with, whatever the seed."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Audited

SEEDS = (7, 11, 23)


def matches(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(matches(f, e, tolerance) for f, e in zip(found, expected, strict=True))
        )
    if isinstance(expected, bool | str) or expected is None:
        return str(found) == str(expected)
    return found is not None and math.isclose(float(found), float(expected), rel_tol=0, abs_tol=tolerance + 1e-9)


def answer(audited: Audited, query: str) -> Any:
    rows = [list(row) if len(row) > 1 else row[0] for row in audited.query(query)]
    return rows[0] if len(rows) == 1 else rows


def facts(audited: Audited) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((audited.estate / "truth.json").read_text())
    return listed


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_fact_is_found(audited: Callable[..., Audited], seed: int) -> None:
    made = audited(seed)
    wrong = {}
    for fact in facts(made):
        found = answer(made, fact["query"])
        if not matches(found, fact["expected"], fact["tolerance"]):
            wrong[fact["id"]] = f"{fact['claim']}: expected {fact['expected']} ± {fact['tolerance']}, found {found}"
    assert not wrong, json.dumps(wrong, indent=1, default=str)


def test_every_planted_fact_stands_in_a_document_at_its_claim(audited: Callable[..., Audited]) -> None:
    made = audited()
    missing = []
    for fact in facts(made):
        document, _, anchor = fact["artifact_anchor"].partition("#")
        if anchor and f'href="#{anchor}"' not in (made.home / "artifacts" / document).read_text():
            missing.append(f"{fact['id']}: {document} does not cite {fact['claim']}")
    assert not missing, missing


def test_there_are_41_facts(audited: Callable[..., Audited]) -> None:
    assert len({fact["id"] for fact in facts(audited())}) == 41
