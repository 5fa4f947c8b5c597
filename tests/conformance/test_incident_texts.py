"""Real texts that two people labelled blind, each as a page of its own, classified by the models and the seed that the warehouse uses.

`docs/classification.md` shows the outcome: `python -m tests.conformance.test_incident_texts` writes it, and a test compares it.
"""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.incident_estate import END, Estate, at

TEXTS = Path(__file__).parents[2].parent / "shared" / "incidents" / "labelled_incidents.jsonl"
MACRO_F1_FLOOR, PRECISION_FLOOR = 0.90, 0.94
REPORT = Path(__file__).parents[2] / "docs" / "classification.md"
ABSTAINED = "unknown_other"

pytestmark = pytest.mark.skipif(not TEXTS.exists(), reason="needs ../shared/incidents beside the checkout")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], str]]:
    return classified(tmp_path_factory.mktemp("texts"))


def classified(folder: Path) -> list[tuple[dict[str, Any], str]]:
    """Each labelled text with the mode that the warehouse gives it."""
    labelled = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    estate = Estate()
    for place, one in enumerate(labelled):
        # Half a day apart, so that no two are near enough to be one incident.
        moment = at(f"{END}") - timedelta(hours=12 * (place + 1))
        estate.page(one["id"], moment.isoformat()[:19], one["text"])
    found = estate.read(folder, "fct_incidents").incidents()
    return [(one, found.get(f"pd:{one['id']}", {"mode": "no incident"})["mode"]) for one in labelled]


def f1_by_mode(pairs: list[tuple[str, str]]) -> dict[str, float]:
    """F1 = 2 tp / (2 tp + fp + fn) of every mode that is a label."""
    right = Counter(label for label, found in pairs if label == found)
    labels, answers = Counter(label for label, _ in pairs), Counter(found for _, found in pairs)
    return {label: 2 * right[label] / (labels[label] + answers[label]) for label in labels}


def agreed_pairs(judged: list[tuple[dict[str, Any], str]]) -> list[tuple[str, str]]:
    """Label and answer of the texts on which both readers agreed."""
    return [(one["mode_10"], found) for one, found in judged if one["mode_10"]]


def macro_f1(pairs: list[tuple[str, str]]) -> float:
    """The mean of F1 over the modes that are a label."""
    scores = f1_by_mode(pairs)
    return sum(scores.values()) / len(scores)


def precision(pairs: list[tuple[str, str]]) -> float:
    """Share of right answers among those that are no abstention."""
    answered = [(label, found) for label, found in pairs if found != ABSTAINED]
    return sum(label == found for label, found in answered) / len(answered)


def test_modes_agree_with_two_readers(judged: list[tuple[dict[str, Any], str]]) -> None:
    pairs = agreed_pairs(judged)
    assert macro_f1(pairs) >= MACRO_F1_FLOOR
    assert precision(pairs) >= PRECISION_FLOOR


def report(judged: list[tuple[dict[str, Any], str]]) -> str:
    """`docs/classification.md`."""
    pairs = agreed_pairs(judged)
    right = Counter(label for label, found in pairs if label == found)
    labels, answers, scores = Counter(label for label, _ in pairs), Counter(found for _, found in pairs), f1_by_mode(pairs)
    rows = [
        f"| {mode} | {labels[mode]} | {answers[mode]} | {right[mode]} | {right[mode] / answers[mode]:.2f}"
        f" | {right[mode] / labels[mode]:.2f} | {scores[mode]:.2f} |"
        for mode in sorted(labels)
    ]
    answered = sum(found != ABSTAINED for _, found in pairs)
    return INTRODUCTION.format(texts=len(pairs), answered=answered, macro=macro_f1(pairs), precision=precision(pairs), rows="\n".join(rows))


INTRODUCTION = """# How well failure modes are told apart

Written by `python -m tests.conformance.test_incident_texts`; a test fails when it is out of date.

Rules give an incident its mode: each pattern of `dbt_project/seeds/incident_signatures.csv` that matches its words gives points to a mode,
a kind of evidence counts once, and metrics vote too. Below three points, or when the best mode is not a fifth ahead of the second, the
rules abstain (`unknown_other`, and `mode_detail` says between which modes). What people declare in `incident_overrides` always wins.

The numbers are for {texts} public texts (issue threads, postmortems and incident logs) that two people labelled apart and alike. The
patterns were written with these texts at hand, so they show what the rules can express, not what they will do on texts that nobody has
read: there they abstain more often. Check the register's evidence column, and override what it has wrong.

macro-F1 {macro:.3f}; {answered} of {texts} answered, {precision:.3f} of the answers right

| mode | labelled | answered | right | precision | recall | F1 |
|---|---|---|---|---|---|---|
{rows}
"""


def test_the_report_is_up_to_date(judged: list[tuple[dict[str, Any], str]]) -> None:
    assert REPORT.read_text(encoding="utf-8") == report(judged), "run python -m tests.conformance.test_incident_texts"


def test_where_the_readers_differ_the_answer_is_one_of_theirs_or_none(judged: list[tuple[dict[str, Any], str]]) -> None:
    differing = [(one, found) for one, found in judged if not one["mode_10"]]
    theirs = [{one["label"], one["label_second"], one["alt_label"], one["alt_second"], ABSTAINED} for one, _ in differing]
    kept = sum(found in labels for (_, found), labels in zip(differing, theirs, strict=True))
    print(f"{kept} of {len(differing)}")
    assert kept >= len(differing) * 0.7


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        REPORT.write_text(report(classified(Path(scratch))), encoding="utf-8")
