"""Every planted fact is found in the marts, at the value it was planted with; `NOT_YET_FOUND` lists the ones that are not, in one place."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Audited

SEEDS = (7, 11)
NOT_YET_FOUND: dict[str, str] = {}


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
        if fact["id"] not in NOT_YET_FOUND and not matches(found, fact["expected"], fact["tolerance"]):
            wrong[fact["id"]] = f"{fact['claim']}: expected {fact['expected']} ± {fact['tolerance']}, found {found}"
    assert not wrong, json.dumps(wrong, indent=1, default=str)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_list_of_facts_not_yet_found_is_honest(audited: Callable[..., Audited], seed: int) -> None:
    made = audited(seed)
    by_id = {fact["id"]: fact for fact in facts(made)}
    assert set(NOT_YET_FOUND) <= set(by_id)
    found = [one for one in NOT_YET_FOUND if matches(answer(made, by_id[one]["query"]), by_id[one]["expected"], by_id[one]["tolerance"])]
    assert not found, f"found after all, take them off the list: {found}"


def test_there_are_41_facts(audited: Callable[..., Audited]) -> None:
    assert len({fact["id"] for fact in facts(audited())}) == 41
