"""The scorecard asks every requirement of the list that it follows, once, and in its own words."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
REQUIREMENTS = SHARED / "REQUIREMENTS.md"
ROW = re.compile(r"^\| ((?:AUD|CHK|PLAN|PIQC|OPT)-\d+) \|")
ANSWERS = {"A": "automatic", "P": "partial", "D": "declared"}
LONGEST_SHARED_RUN = 4  # words; names of metrics and products are shared, sentences are not

pytestmark = pytest.mark.skipif(not REQUIREMENTS.exists(), reason="../shared/REQUIREMENTS.md is not beside this checkout")


def asked() -> dict[str, dict[str, str]]:
    with (ROOT / "dbt_project" / "seeds" / "readiness_requirements.csv").open() as stream:
        return {row["requirement_id"]: row for row in csv.DictReader(stream)}


def listed() -> dict[str, list[str]]:
    """Requirement id → cells: id, line, kind, requirement, data, answer, lands in."""
    lines = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if ROW.match(line)]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return {row[0]: row for row in rows}


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9%]+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_every_requirement_is_asked_once() -> None:
    assert len(asked()) == 292
    assert set(asked()) == set(listed())


def test_what_can_answer_a_requirement_is_as_listed() -> None:
    assert {name: row["answer_kind"] for name, row in asked().items()} == {name: ANSWERS[row[-2]] for name, row in listed().items()}


def test_no_question_is_copied_from_the_list() -> None:
    length = LONGEST_SHARED_RUN + 1
    copied = {name: runs(row["question"], length) & runs(listed()[name][3], length) for name, row in asked().items()}
    assert {name: found for name, found in copied.items() if found} == {}


def test_no_question_is_copied_from_the_source_documents() -> None:
    documents = [path.read_text(encoding="utf-8", errors="replace") for path in sorted((SHARED / "reference").iterdir()) if path.is_file()]
    assert documents
    length = LONGEST_SHARED_RUN + 2
    written = set().union(*(runs(text, length) for text in documents))
    assert {name: found for name, row in asked().items() if (found := runs(row["question"], length) & written)} == {}


def test_a_question_without_data_says_what_is_missing() -> None:
    silent = [name for name, row in asked().items() if row["rule"] in ("none", "custom", "built", "not_applicable") and not row["missing"]]
    assert silent == []
