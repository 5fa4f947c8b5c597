"""Tables about incidents: how long they took, alerts that nobody acted on, what people overrode, and times that disagree."""

from typing import Any

from audit_assets.artifacts.document import Cell, Grid, Paragraph, grid, shown_number, text
from audit_assets.artifacts.facts import Facts

LONGEST_LIST = 25  # rows of a table in the document; the mart holds them all
_SPANS = {"detection": "to detect", "acknowledgement": "to acknowledge", "mitigation": "to mitigate", "resolution": "to resolve"}
_TIMES_NOTE = (
    "Minutes. Detection runs from the start, the others from detection. Behind each median: incidents and near misses without that time,"
    " which it lacks."
)


def times_table(facts: Facts, rows: list[dict[str, Any]]) -> Grid:
    """The four medians of each mode that struck, and how many incidents each of them lacks."""
    return grid(
        ("mode", *(name for span in _SPANS.values() for name in (f"{span}, median", "without"))),
        ((row["mode"], *_medians(facts, row)) for row in rows if row["incidents"] or row["near_misses"]),
        empty="No incident was found, so no time can be told.",
        note=_TIMES_NOTE,
    )


def _medians(facts: Facts, row: dict[str, Any]) -> list[Cell]:
    cells: list[Cell] = []
    for span in _SPANS:
        cells += [facts.cite_if(f"rel.mode.{row['mode']}.{span}_p50_minutes"), shown_number(row[f"n_without_{span}"])]
    return cells


def judgement_tables(facts: Facts) -> tuple[Paragraph | Grid, ...]:
    """What a reviewer should look at: alerts that came to nothing, overrides, and stated times that disagree with others."""
    return (
        text("Alerts that nobody acted on: they fired outside of any incident, and nobody wrote of them."),
        _unattended(facts),
        text("What people declared of incidents; it wins over what was found."),
        _overrides(facts),
        text("Times that were stated and are not used, because they disagree with others or cannot be told without guessing."),
        _disagreeing(facts),
    )


def _unattended(facts: Facts) -> Grid:
    rows = facts.rows(
        "select alert, any_value(mode) as mode, count(*) as times, max(firing_minutes) as longest, max(started_at) as latest"
        " from fct_alerts where verdict = 'unattended' group by alert order by times desc, alert"
    )
    known = facts.rows("select count(*) as alerts from fct_alerts")[0]["alerts"]
    return grid(
        ("alert", "mode", "times", "longest, minutes", "latest, UTC"),
        (
            (row["alert"], row["mode"], shown_number(row["times"]), shown_number(row["longest"]), str(row["latest"])[:16])
            for row in rows[:LONGEST_LIST]
        ),
        empty="Every alert that fired belongs to an incident, is silenced, or only informs." if known else "No alert history was read.",
        note=_rest(rows, "fct_alerts"),
    )


def _overrides(facts: Facts) -> Grid:
    rows = facts.rows("select * from fct_incident_overrides order by position")
    return grid(
        ("incident", "declared", "reason", "what became of it"),
        (
            (
                row["incident_id"] or row["declared_id"],
                row["declared"],
                row["reason"] or "none given",
                "applied" if row["state"] == "applied" else "no incident of the window has this id",
            )
            for row in rows[:LONGEST_LIST]
        ),
        empty="Nobody overrode anything.",
        note=_rest(rows, "fct_incident_overrides"),
    )


def _disagreeing(facts: Facts) -> Grid:
    rows = facts.rows("select * from fct_incident_times where problem is not null order by incident_id, time_name, place")
    return grid(
        ("incident", "time", "stated", "why it is not used"),
        (
            (row["incident_id"], row["time_name"], str(row["value"])[:16] if row["value"] else row["written"] or "unknown", row["problem"])
            for row in rows[:LONGEST_LIST]
        ),
        empty="No stated time disagrees with another.",
        note=_rest(rows, "fct_incident_times"),
    )


def _rest(rows: list[dict[str, Any]], mart: str) -> str:
    return f"Rows of this table: {LONGEST_LIST} of {len(rows)}; all are in {mart}." if len(rows) > LONGEST_LIST else ""
