"""What changed since the last audit, as a section: the claims of the document's tracks, compared with those of the last other inputs."""

from collections.abc import Collection
from dataclasses import replace

from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.comparison import Comparison, Difference, compare, days_of, window_of
from audit_assets.artifacts.document import Block, Cell, Cited, Section, grid, shown_value, text
from audit_assets.artifacts.facts import Facts

LISTED = 20  # differences in a document; `assay diff` shows them all
TITLE = "Since the last audit"


def since_section(facts: Facts, tracks: Collection[str] = ()) -> Section:
    """Differences of some tracks, or of all: what got worse first, then what was fixed, what is no longer known, and the rest."""
    if facts.previous is None:
        return Section(TITLE, (text("This home keeps no earlier audit of other inputs, so there is nothing to compare with."),))
    comparison = compare(facts.previous, facts.claims.values())
    found = [one for one in comparison.differences if not tracks or one.claim.track in tracks]
    if not found:
        return Section(TITLE, (text(f"No claim changed since {_window(comparison)}."),))
    return Section(TITLE, (text(_caution(comparison)), *_listed(found)))


def shown_difference(difference: Difference) -> str:
    """New − old value with its sign, and as a share of the old one; empty when there is no number to compare."""
    if not difference.difference:
        return ""
    moved: Claim = replace(difference.claim, value=difference.difference)
    shown = shown_value(moved).replace("%", " points")
    relative = difference.relative_change
    return f"{'+' * (difference.difference > 0)}{shown}" + (f" ({relative:+.1%})" if relative is not None else "")


def _listed(found: list[Difference]) -> tuple[Block, ...]:
    rows = ((one.change.replace("_", " "), one.claim.statement, _before(one), _now(one), shown_difference(one)) for one in found[:LISTED])
    table = grid(("change", "claim", "before", "now", "difference"), rows, empty="")
    left = len(found) - LISTED
    return (table, text(f"{left} more changed; `assay diff` on two claims.json lists them.")) if left > 0 else (table,)


def _before(one: Difference) -> str:
    return f"{shown_value(one.old)} ({one.old.status})" if one.old else "no such claim"


def _now(one: Difference) -> Cell:
    return Cited(one.new) if one.new else "no such claim"


def _window(comparison: Comparison) -> str:
    return f"the audit of {' … '.join(window_of(comparison.old) or ['no day'])}"


def _caution(comparison: Comparison) -> str:
    uneven = days_of(comparison.old) != days_of(comparison.new)
    caution = " The windows are not of one length: sums and counts differ for that reason alone." if uneven else ""
    return f"Compared with {_window(comparison)}, claim by claim.{caution}"
