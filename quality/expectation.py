"""One assumption as data, and the two usual ways to write it down. What does not belong here: the assumptions themselves (suites.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
OK: Mapping[str, Any] = {"column": "ok", "value_set": [True]}


@dataclass(frozen=True)
class Expectation:
    """One assumption. `expectation` is the class name of a Great Expectations core expectation, `kwargs` are its arguments.

    `critical` blocks publishing when broken. `affects`: prefixes of the claims that rest on it. `needs`: the source groups without
    which there is nothing to test.
    """

    assumption_id: str
    statement: str
    severity: Severity
    relation: str
    affects: tuple[str, ...]
    needs: tuple[str, ...]
    lie_id: str | None = None
    expectation: str = "ExpectColumnValuesToBeInSet"
    kwargs: Mapping[str, Any] = field(default_factory=lambda: OK)


def check(
    assumption_id: str,
    statement: str,
    severity: Severity,
    affects: tuple[str, ...],
    needs: tuple[str, ...],
    lie_id: str | None = None,
) -> Expectation:
    """An expectation on `int_checks__<assumption_id>`: each of its rows is `ok`."""
    return Expectation(assumption_id, statement, severity, f"int_checks__{assumption_id}", affects, needs, lie_id)


def between(assumption_id: str, statement: str, relation: str, column: str, low: float, high: float | None) -> Expectation:
    """An expectation on a column of a relation: its values lie between `low` and `high` (null: no limit)."""
    group = ("metrics",) if relation.startswith("stg_metrics") else ("billing", "metrics")
    limits = {"column": column, "min_value": low, "max_value": high}
    affects = ("gpu.", "cost.idle.", "cost.unit.")
    return Expectation(assumption_id, statement, "warning", relation, affects, group, None, "ExpectColumnValuesToBeBetween", limits)
