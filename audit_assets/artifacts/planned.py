"""Where the roadmap has something that another document recommends: its place, its owner and its effort."""

from typing import Any

from audit_assets.artifacts.document import Cell, Link, shown_number
from audit_assets.artifacts.facts import Facts

NOT_PLANNED = "not in the plan"


def planned(facts: Facts, item_id: str) -> Cell:
    """The item of the roadmap with its weeks, owner and effort; that it waits or is not planned, where it does or is not."""
    rows = facts.rows(
        "select 'item ' || rank || ', weeks ' || replace(phase, '-', '–') as place, owner, effort_days"
        " from fct_roadmap_items where item_id = ?"
        " union all select 'beyond week 12' as place, owner, effort_days from fct_roadmap_later where item_id = ?",
        item_id,
        item_id,
    )
    if not rows:
        return NOT_PLANNED
    days = shown_number(rows[0]["effort_days"])
    return (Link(rows[0]["place"], "roadmap.html"), f": {rows[0]['owner']}, {days} {'day' if days == '1' else 'days'}")


def planned_lever(facts: Facts, lever: dict[str, Any]) -> Cell:
    """The same of a row of fct_cost_levers; tuning is planned workload by workload."""
    found = planned(facts, f"lever.{lever['lever']}")
    return ("by workload, ", Link("weeks 9–12", "roadmap.html")) if lever["is_tuning"] and found == NOT_PLANNED else found
