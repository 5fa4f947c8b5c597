"""The risk register: what breaks, how often, what it takes down, what guards against it, and what to fix first."""

from collections import defaultdict
from typing import Any

from audit_assets.artifacts.charts import timeline
from audit_assets.artifacts.document import Document, Gate, Grid, Section, cited_claims, grid, shown_flag, shown_number, text
from audit_assets.artifacts.facts import (
    Facts,
    audit_header,
    beliefs_section,
    coverage_section,
    unknown_section,
)
from audit_assets.artifacts.incident_tables import judgement_tables, times_table
from audit_assets.artifacts.since import since_section
from audit_assets.artifacts.weak_points import configuration_section, fix_first_section, spofs_section

STATES = ("absent", "broken", "unmeasurable", "untested", "proven")
_STATES_NOTE = (
    "Absent: declared and found nowhere, or nothing at all (none). Broken: Prometheus would not load it. Unmeasurable: its metric is not"
    " scraped. Untested: it never spoke in a real incident. Proven: it did."
)
CONDITION = "Every failure mode with its frequency and blast radius; classified incidents and a list of single points of failure."


def build_risk_register(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "risk_register")
    sections = (
        coverage_section(facts, ("incidents", "manifests", "metrics", "declared"), ("rel.", "scope.")),
        _register(facts),
        fix_first_section(facts),
        _incidents(facts),
        _guardrails(facts),
        spofs_section(facts),
        configuration_section(facts),
        beliefs_section(facts),
        since_section(facts, ("reliability",)),
        unknown_section(facts, ("reliability",)),
    )
    return Document(
        "risk_register",
        "Reliability risk register",
        "What breaks, how often, and what is the blast radius?",
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
        "Failure modes",
        (
            text("Incidents and near misses in the window: ", facts.cite("rel.incidents.total"), "."),
            grid(
                (
                    "mode",
                    "guardrail",
                    "incidents",
                    "near misses",
                    "per 30 days",
                    "worst blast radius",
                ),
                (
                    (
                        row["mode"],
                        row["guardrail_state"] or "unknown",
                        facts.cite_if(f"rel.mode.{row['mode']}.incidents"),
                        shown_number(row["near_misses"]),
                        facts.cite_if(f"rel.mode.{row['mode']}.per_30_days"),
                        row["worst_blast_radius"] or "unknown",
                    )
                    for row in rows
                ),
                empty="No incident source, so no mode has a frequency.",
                wraps=True,
            ),
            times_table(facts, rows),
        ),
    )


def _incidents(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_incidents order by detected_at, incident_id")
    points = [
        {
            "day": str(row["detected_at"])[:19].replace(" ", "T"),
            "part": row["mode"],
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
                (
                    "id",
                    "detected, UTC",
                    "title",
                    "mode",
                    "why this mode",
                    "blast radius",
                    "paged",
                    "seen by customers",
                    "sources",
                ),
                (
                    (
                        row["incident_id"],
                        str(row["detected_at"] or "unknown")[:16],
                        ("near miss: " if row["is_near_miss"] else "") + str(row["title"]),
                        row["mode"],
                        row["mode_evidence"] or "",
                        row["blast_radius"] or "unknown",
                        shown_flag(row["paged"]),
                        shown_flag(row["customer_visible"]),
                        ", ".join(row["sources"] or []),
                    )
                    for row in rows
                ),
                empty="No incident was found in what was ingested.",
            ),
            *judgement_tables(facts),
        ),
    )


def _guardrails(facts: Facts) -> Section:
    rows = facts.rows("select * from dim_guardrails order by mode nulls last, guardrail")
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
        ((mode or "no one mode", *(_guards(held, mode, state, mode in guarded) for state in STATES)) for mode in lines),
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
                row["mode"],
                row["guardrail"],
                row["kind"],
                facts.cite_if(f"rel.guardrail.{row['guardrail']}.state") or row["state"],
                _times_met(row),
                shown_number(row["fired"]),
                row["replay"] or "no alert",
                str(row["last_tested_at"] or "never stated"),
            )
            for row in rows
        ),
        empty="No guardrail is declared, and no alert rule was found in the manifests.",
        note=(
            "A guardrail that never fired in a real incident has not been tested. Condition met: how often its rule held for as long as it"
            " waits, when it is replayed over what is kept of its metric; where it held more often than it fired, it does not work."
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
