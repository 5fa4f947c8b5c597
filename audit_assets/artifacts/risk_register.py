"""The risk register: what breaks, how often, what it takes down, what guards against it, and what to fix first."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from audit_assets.artifacts.charts import timeline
from audit_assets.artifacts.document import (
    Document,
    Gate,
    Grid,
    Section,
    bare,
    cited_claims,
    grid,
    in_words,
    shown_flag,
    shown_number,
    text,
)
from audit_assets.artifacts.facts import FAMILIES, Facts, audit_header, beliefs_sections, coverage_section, unknown_section
from audit_assets.artifacts.incident_tables import judgement_tables, times_table
from audit_assets.artifacts.since import since_section
from audit_assets.artifacts.weak_points import configuration_section, fix_first_section, spofs_section

STATES = ("absent", "broken", "unmeasurable", "untested", "proven")
WORST_FIRST = ("broken", "absent", "unmeasurable", "untested", "proven")  # what is thought to guard and does not is worse than nothing
_STATES_NOTE = (
    "Absent: declared and found nowhere, or nothing at all (none). Broken: Prometheus would not load it. Unmeasurable: its metric is not"
    " scraped. Untested: it never spoke in a real incident. Proven: it did."
)
CONDITION = "Every failure mode with its frequency and blast radius; classified incidents and a list of single points of failure."


def build_risk_register(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "risk_register")
    sections = (
        _register(facts),
        fix_first_section(facts),
        spofs_section(facts),
        configuration_section(facts),
        _guardrails(facts),
        _incidents(facts),
        *beliefs_sections(facts, "risk_register"),
        since_section(facts, ("reliability",)),
        coverage_section(facts, ("incidents", "manifests", "metrics", "declared"), FAMILIES["risk_register"]),
        unknown_section(facts, ("reliability",)),
    )
    return Document(
        "risk_register",
        "Reliability risk register",
        "What fails here, how often, how far does it reach, and does anything stand in its way?",
        audit,
        window,
        owner,
        _gate(facts),
        sections,
        cited_claims(sections),
    )


def _gate(facts: Facts) -> Gate:
    missing = []
    groups = {row["source_group"] for row in facts.rows("select distinct source_group from meta_sources where rows_loaded > 0")}
    if "incidents" not in groups:
        missing.append("an incident source with rows in the window")
    if "manifests" not in groups:
        missing.append("a manifest source, without which no single point of failure can be found")
    unclassified = facts.rows("select count(*) as n from fct_incidents where mode = 'unknown_other'")[0]["n"]
    if unclassified:
        missing.append(f"a failure mode for {unclassified} incidents that the rules abstained on")
    return Gate(CONDITION, tuple(missing))


def _register(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_failure_modes order by incidents desc nulls last, near_misses desc nulls last, mode")
    return Section(
        "What breaks, how often, and what it takes down",
        (
            text(
                "Incidents and near misses that somebody was paged for or wrote about: ",
                replace(facts.cite("rel.incidents.total"), bare=True),
                *_seen_by_metrics(facts),
            ),
            grid(
                ("failure mode", "incidents", "near misses", "incidents per 30 days", "worst blast radius", "its guardrail is"),
                (
                    (
                        in_words(row["mode"]),
                        bare(facts.cite_if(f"rel.mode.{row['mode']}.incidents")),
                        shown_number(row["near_misses"]),
                        bare(facts.cite_if(f"rel.mode.{row['mode']}.per_30_days")),
                        _blast_radius(row),
                        in_words(row["guardrail_state"]),
                    )
                    for row in rows
                ),
                empty="No incident source, so no mode has a frequency.",
            ),
            times_table(facts, rows),
        ),
    )


def _seen_by_metrics(facts: Facts) -> tuple[str, ...]:
    """Near misses that only the metrics show: the table counts them, the claim does not."""
    (row,) = facts.rows("select count(*) as n from fct_incidents where sources = ['prometheus']")
    return (f"; {row['n']} more only the metrics show. The table counts both.",) if row["n"] else (".",)


def _blast_radius(row: dict[str, Any]) -> str:
    """The worst that struck; nothing where none did, unknown where nobody looked."""
    struck = row["incidents"] is None or row["incidents"] + row["near_misses"]
    return in_words(row["worst_blast_radius"]) if struck else ""


def _incidents(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_incidents order by detected_at, incident_id")
    points = [
        {
            "day": str(row["detected_at"])[:19].replace(" ", "T"),
            "part": in_words(row["mode"]),
            "kind": "near miss" if row["is_near_miss"] else "incident",
        }
        for row in rows
        if row["detected_at"] is not None
    ]
    chart = timeline(points, _failed_shares(facts), "Incidents and near misses by mode, over failed requests", "risk_register_timeline.svg")
    return Section(
        "Incidents and near misses",
        (
            *((chart,) if chart else ()),
            grid(
                ("detected, UTC", "title", "mode", "why this mode", "blast radius", "paged; customers saw it", "sources", "id"),
                (
                    (
                        str(row["detected_at"] or "unknown")[:16],
                        _title(row),
                        in_words(row["mode"]),
                        row["mode_evidence"] or "",
                        in_words(row["blast_radius"]),
                        f"{shown_flag(row['paged'])}; {shown_flag(row['customer_visible'])}",
                        ", ".join(row["sources"] or []),
                        row["incident_id"],
                    )
                    for row in rows
                ),
                empty="No incident was found in what was ingested.",
            ),
            *judgement_tables(facts),
        ),
    )


def _title(row: dict[str, Any]) -> str:
    """The title, with what a reader must know first: that nobody was hurt."""
    title = str(row["title"])
    return f"near miss: {title}" if row["is_near_miss"] and not title.lower().startswith("near miss") else title


def _guardrails(facts: Facts) -> Section:
    rows = facts.rows("select * from dim_guardrails order by mode nulls last, guardrail")
    rows.sort(key=lambda row: WORST_FIRST.index(row["state"]))  # stable: by mode within a state
    modes = [row["mode"] for row in facts.rows("select mode from fct_failure_modes order by incidents desc nulls last, mode")]
    return Section("Guardrails", (_guardrail_matrix(modes, rows), _guardrail_list(facts, rows)))


def _guardrail_matrix(modes: list[str], rows: list[dict[str, Any]]) -> Grid:
    """A line a failure mode, a column a state: where a mode has nothing, and where what it has was never tried."""
    held: dict[tuple[str | None, str], list[str]] = defaultdict(list)
    for row in rows:
        held[row["mode"], row["state"]].append(row["guardrail"])
    guarded = {mode for mode, _ in held}
    lines: list[str | None] = [*modes, *([None] if None in guarded else [])]
    return grid(
        ("mode", *STATES),
        ((in_words(mode) if mode else "no one mode", *(_guards(held, mode, state, mode in guarded) for state in STATES)) for mode in lines),
        empty="No failure mode is known, so nothing can be said of guardrails against one.",
        note=_STATES_NOTE,
    )


def _guards(held: dict[tuple[str | None, str], list[str]], mode: str | None, state: str, guarded: bool) -> str:
    return ", ".join(held.get((mode, state), [])) if guarded else "none" if state == "absent" else ""


def _guardrail_list(facts: Facts, rows: list[dict[str, Any]]) -> Grid:
    return grid(
        ("mode", "guardrail", "kind", "state", "condition met", "fired", "replay", "last tested"),
        (
            (
                in_words(row["mode"]) if row["mode"] else "no one mode",
                row["guardrail"],
                row["kind"],
                facts.cite_if(f"rel.guardrail.{row['guardrail']}.state") or row["state"],
                _times_met(row) if row["kind"] == "alert" else "",
                shown_number(row["fired"]) if row["kind"] == "alert" else "",
                row["replay"] or "",
                str(row["last_tested_at"] or "never stated").removesuffix(" 00:00:00"),
            )
            for row in rows
        ),
        empty="No guardrail is declared, and no alert rule was found in the manifests.",
        note=(
            "Until a real incident sets it off, nobody knows whether a guardrail works. Condition met: how often its rule held for as long"
            " as it waits, when it is replayed over what is kept of its metric; where it held more often than it fired, it does not work."
        ),
    )


def _times_met(row: dict[str, Any]) -> str:
    low, high = row["conditions_met_low"], row["conditions_met_high"]
    return shown_number(low) if low == high else f"{low} … {high}"


def _failed_shares(facts: Facts) -> list[dict[str, Any]]:
    """Failed requests by service and day; a day without a measured availability is left out."""
    query = (
        "select day, service, 1 - value as failed from fct_sli_daily where sli = 'availability' and value is not null order by service, day"
    )
    return [{"day": str(row["day"]), "part": row["service"], "failed": row["failed"]} for row in facts.rows(query)]
