"""The control estate has no lies, no incidents and no single points of failure; a finding there is a false alarm."""

from collections.abc import Callable

from tests.conftest import Audited
from tests.estates.test_planted_truth import answer, facts, matches


def test_no_lie_is_told(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select lie_id, subject, detail from fct_console_lies") == []


def test_no_single_point_of_failure_is_found(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select kind, object, evidence from fct_spofs") == []


def test_no_incident_is_found(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select incident_id, title, mode from fct_incidents") == []


def test_the_incident_count_is_a_measured_zero(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).claims()["rel.incidents.total"] == (0.0, "measured")


def test_the_planted_absences_hold(audited: Callable[..., Audited]) -> None:
    made = audited(control=True)
    wrong = {
        fact["id"]: (fact["expected"], answer(made, fact["query"]))
        for fact in facts(made)
        if not matches(answer(made, fact["query"]), fact["expected"], fact["tolerance"])
    }
    assert wrong == {}
