"""Real texts that two people labelled blind, each as a page of its own, classified by the models and the seed that the warehouse uses."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.incident_estate import END, Estate, at

TEXTS = Path(__file__).parents[2].parent / "shared" / "incidents" / "labelled_incidents.jsonl"
MACRO_F1_FLOOR, PRECISION_FLOOR = 0.85, 0.92

pytestmark = pytest.mark.skipif(not TEXTS.exists(), reason="needs ../shared/incidents beside the checkout")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], str]]:
    """Each labelled text with the mode that the warehouse gives it."""
    labelled = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    estate = Estate()
    for place, one in enumerate(labelled):
        # Half a day apart, so that no two are near enough to be one incident.
        moment = at(f"{END}") - timedelta(hours=12 * (place + 1))
        estate.page(one["id"], moment.isoformat()[:19], one["text"])
    found = estate.read(tmp_path_factory.mktemp("texts"), "fct_incidents").incidents()
    return [(one, found.get(f"pd:{one['id']}", {"mode": "no incident"})["mode"]) for one in labelled]


def f1_by_mode(pairs: list[tuple[str, str]]) -> dict[str, float]:
    """F1 = 2 tp / (2 tp + fp + fn) of every mode that is a label."""
    right = Counter(label for label, found in pairs if label == found)
    labels, answers = Counter(label for label, _ in pairs), Counter(found for _, found in pairs)
    return {label: 2 * right[label] / (labels[label] + answers[label]) for label in labels}


def test_modes_agree_with_two_readers(judged: list[tuple[dict[str, Any], str]]) -> None:
    agreed = [(one["mode_10"], found) for one, found in judged if one["mode_10"]]
    scores = f1_by_mode(agreed)
    for mode, score in sorted(scores.items()):
        print(f"{mode:30} n={sum(label == mode for label, _ in agreed):3} F1={score:.2f}")
    answered = [(label, found) for label, found in agreed if found != "unknown_other"]
    precision = sum(label == found for label, found in answered) / len(answered)
    macro = sum(scores.values()) / len(scores)
    print(f"macro-F1 {macro:.3f}; answered {len(answered)} of {len(agreed)}, precision {precision:.3f}")
    assert macro >= MACRO_F1_FLOOR
    assert precision >= PRECISION_FLOOR


def test_where_the_readers_differ_the_answer_is_one_of_theirs_or_none(judged: list[tuple[dict[str, Any], str]]) -> None:
    differing = [(one, found) for one, found in judged if not one["mode_10"]]
    theirs = [{one["label"], one["label_second"], one["alt_label"], one["alt_second"], "unknown_other"} for one, _ in differing]
    kept = sum(found in labels for (_, found), labels in zip(differing, theirs, strict=True))
    print(f"{kept} of {len(differing)}")
    assert kept >= len(differing) * 0.7
