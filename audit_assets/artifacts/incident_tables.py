"""Tables about incidents: how long they took, alerts that nobody acted on, what people overrode, and times that disagree."""

from collections.abc import Callable
from typing import Any

from audit_assets.artifacts.document import Cell, Cited, Grid, Paragraph, bare, grid, in_words, shown_number, text
from audit_assets.artifacts.facts import Facts

LONGEST_LIST = 25  # rows of a table in the document; the mart holds them all
_SPANS = {"detection": "to detect", "acknowledgement": "to acknowledge", "mitigation": "to mitigate", "resolution": "to resolve"}
_TIMES_NOTE = (
    "Medians in minutes. Detection runs from the start, the others from detection. In brackets how many incidents and near misses lack"
    " that time, where some do."
)


def times_table(facts: Facts, rows: list[dict[str, Any]]) -> Grid:
    """The four medians of each mode that struck, and how many incidents each of them lacks."""
    return grid(
        ("failure mode", *_SPANS.values()),
        (
            (in_words(row["mode"]), *(_median(facts, row, span) for span in _SPANS))
            for row in rows
            if row["incidents"] or row["near_misses"]
        ),
        empty="No incident was found, so no time can be told.",
        note=_TIMES_NOTE,
    )


def _median(facts: Facts, row: dict[str, Any], span: str) -> Cell:
    median = bare(facts.cite_if(f"rel.mode.{row['mode']}.{span}_p50_minutes"))
    lacking = row[f"n_without_{span}"]
    return (median, f" ({shown_number(lacking)})") if lacking and isinstance(median, Cited) else median


def judgement_tables(facts: Facts) -> tuple[Paragraph | Grid, ...]:
    """What a reviewer should look at: alerts that came to nothing, overrides, and stated times that disagree with others."""
    return (
        text("Alerts that nobody acted on: they fired outside of any incident, and nobody wrote of them."),
        _unattended(facts),
        *_told(facts, "What people declared of incidents; it wins over what was found.", _overrides),
        *_told(
            facts, "Times that were stated and are not used: they disagree with others or cannot be told without guessing.", _disagreeing
        ),
    )


def _told(facts: Facts, sentence: str, table: Callable[[Facts], Grid]) -> tuple[Paragraph | Grid, ...]:
    """A table under its sentence; its empty words alone where it has no rows."""
    made = table(facts)
    return (text(sentence), made) if made.rows else (made,)


def _unattended(facts: Facts) -> Grid:
    rows = facts.rows(
        "select alert, any_value(mode) as mode, count(*) as times, max(firing_minutes) as longest, max(started_at) as latest"
        " from fct_alerts where verdict = 'unattended' group by alert order by times desc, alert"
    )
    known = facts.rows("select count(*) as alerts from fct_alerts")[0]["alerts"]
    return grid(
        ("alert", "mode", "times", "longest, minutes", "latest, UTC"),
        (
            (row["alert"], in_words(row["mode"]), shown_number(row["times"]), shown_number(row["longest"]), str(row["latest"])[:16])
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
            (
                row["incident_id"],
                in_words(row["time_name"].removesuffix("_at")),
                str(row["value"])[:16] if row["value"] else row["written"] or "unknown",
                row["problem"],
            )
            for row in rows[:LONGEST_LIST]
        ),
        empty="No stated time disagrees with another.",
        note=_rest(rows, "fct_incident_times"),
    )


def _rest(rows: list[dict[str, Any]], mart: str) -> str:
    return f"Rows of this table: {LONGEST_LIST} of {len(rows)}; all are in {mart}." if len(rows) > LONGEST_LIST else ""
