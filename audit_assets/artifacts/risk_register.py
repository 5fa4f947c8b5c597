"""The risk register: what breaks, how often, what it takes down, what guards against it, and what to fix first."""

from audit_assets.artifacts.charts import timeline
from audit_assets.artifacts.document import Document, Gate, Section, cited_claims, grid, shown_flag, shown_number, text
from audit_assets.artifacts.facts import (
    Facts,
    audit_header,
    beliefs_section,
    coverage_section,
    unknown_section,
)
from audit_assets.artifacts.since import since_section

CONDITION = "Every failure mode with its frequency and blast radius; classified incidents and a list of single points of failure."


def build_risk_register(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "risk_register")
    sections = (
        coverage_section(facts, ("incidents", "manifests", "metrics", "declared"), ("rel.", "scope.")),
        _register(facts),
        _fix_first(facts),
        _incidents(facts),
        _guardrails(facts),
        _spofs(facts),
        _configuration(facts),
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
                    "incidents",
                    "near misses",
                    "per 30 days",
                    "worst blast radius",
                    "detection, median min",
                    "mitigation, median min",
                    "without times",
                    "guardrail",
                ),
                (
                    (
                        row["mode"],
                        facts.cite_if(f"rel.mode.{row['mode']}.incidents"),
                        shown_number(row["near_misses"]),
                        facts.cite_if(f"rel.mode.{row['mode']}.per_30_days"),
                        row["worst_blast_radius"] or "unknown",
                        facts.cite_if(f"rel.mode.{row['mode']}.detection_p50_minutes"),
                        facts.cite_if(f"rel.mode.{row['mode']}.mitigation_p50_minutes"),
                        shown_number(row["n_without_times"]),
                        row["guardrail_state"] or "unknown",
                    )
                    for row in rows
                ),
                empty="No incident source, so no mode has a frequency.",
            ),
        ),
    )


def _fix_first(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_fix_first order by rank, item")
    return Section(
        "Fix this first",
        (
            grid(
                ("rank", "what", "about", "evidence", "effort, days", "benefit"),
                (
                    (
                        str(row["rank"]),
                        row["item"],
                        facts.cite_if(row["claim_id"]) or row["mode_or_spof"],
                        row["evidence"],
                        shown_number(row["effort_days"]),
                        f"{shown_number(row['benefit'])} {row['benefit_unit'] or ''}".strip(),
                    )
                    for row in rows
                ),
                empty="Nothing was found to fix.",
            ),
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
    chart = timeline(points, "Incidents and near misses by mode", "risk_register_timeline.svg")
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
        ),
    )


def _guardrails(facts: Facts) -> Section:
    rows = facts.rows("select * from dim_guardrails order by mode, guardrail")
    return Section(
        "Guardrails",
        (
            grid(
                ("mode", "guardrail", "kind", "state", "condition met", "fired", "last tested"),
                (
                    (
                        row["mode"],
                        row["guardrail"],
                        row["kind"],
                        facts.cite_if(f"rel.guardrail.{row['guardrail']}.state") or row["state"],
                        shown_number(row["conditions_met"]),
                        shown_number(row["fired"]),
                        str(row["last_tested_at"] or "never stated"),
                    )
                    for row in rows
                ),
                empty="No guardrail is declared, and no alert rule was found in the manifests.",
                note="A guardrail that never fired in a real incident has not been tested.",
            ),
        ),
    )


def _spofs(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_spofs order by kind, cluster, namespace, object")
    return Section(
        "Single points of failure",
        (
            grid(
                ("kind", "object", "namespace", "cluster", "evidence", "file", "takes down"),
                (
                    (
                        facts.cite_if(f"rel.spof.{row['spof_id']}") or row["kind"],
                        row["object"],
                        row["namespace"] or "",
                        row["cluster"] or "",
                        row["evidence"],
                        row["source_uri"] or "",
                        row["blast_radius"] or "unknown",
                    )
                    for row in rows
                ),
                empty="None was found in the manifests that were read.",
            ),
        ),
    )


def _configuration(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_config_findings order by kind, cluster, namespace, object, finding_id")
    return Section(
        "Configuration findings",
        (
            grid(
                ("kind", "object", "namespace", "evidence", "file", "requirement"),
                (
                    (
                        r["kind"],
                        r["object"],
                        r["namespace"] or "",
                        r["evidence"],
                        r["source_uri"] or "",
                        r["requirement_id"] or "",
                    )
                    for r in rows
                ),
                empty="None was found in the manifests that were read.",
            ),
        ),
    )
