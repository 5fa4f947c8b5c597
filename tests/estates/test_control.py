"""The control estate has no lies, no incidents and no single points of failure; a finding there is a false alarm."""

from collections.abc import Callable

from tests.conftest import Audited


def test_no_lie_is_told(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select lie_id, subject, detail from fct_console_lies") == []


def test_no_single_point_of_failure_is_found(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select kind, object, evidence from fct_spofs") == []


def test_no_incident_is_found(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).query("select incident_id, title, mode from fct_incidents") == []


def test_the_incident_count_is_a_measured_zero(audited: Callable[..., Audited]) -> None:
    assert audited(control=True).claims()["rel.incidents.total"] == (0.0, "measured")
