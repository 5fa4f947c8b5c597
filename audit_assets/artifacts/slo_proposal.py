"""The SLO proposal: what can be promised, to whom, at which threshold, and what happens when the budget is spent."""

from typing import Any

from audit_assets.artifacts.charts import cumulative, lines
from audit_assets.artifacts.document import Block, Cell, Document, Gate, Section, cited_claims, grid, text
from audit_assets.artifacts.facts import (
    Facts,
    audit_header,
    beliefs_section,
    coverage_section,
    unknown_section,
)
from audit_assets.artifacts.since import since_section
from audit_assets.artifacts.slo_evidence import gaps, paging, saturation, strata, tokens_per_minute, weekly_alerts

CONDITION = "One objective per service in scope, with its rationale."


def build_slo_proposal(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "slo_proposal")
    services = facts.rows("select distinct service from fct_slo_proposal order by service")
    sections = (
        coverage_section(facts, ("metrics", "declared"), ("slo.", "scope.")),
        _overview(facts),
        *(_service(facts, row["service"]) for row in services),
        _policy(),
        beliefs_section(facts),
        since_section(facts, ("slo",)),
        unknown_section(facts, ("slo",)),
    )
    return Document(
        "slo_proposal",
        "SLO proposal",
        "What should we promise, to whom, and what error budget can we defend?",
        audit,
        window,
        owner,
        _gate(facts),
        sections,
        cited_claims(sections),
    )


def _gate(facts: Facts) -> Gate:
    rows = facts.rows(
        "select service, count(*) filter (where objective is not null and rationale is not null) as proposed"
        " from fct_slo_proposal group by all having proposed = 0 order by service"
    )
    missing = [f"an objective that data supports for service {row['service']}" for row in rows]
    if not facts.rows("select 1 from fct_slo_proposal limit 1"):
        missing.append("a service in scope")
    return Gate(CONDITION, tuple(missing))


def _overview(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_slo_proposal order by service, sli")
    return Section(
        "Proposed objectives",
        (
            grid(
                ("service", "indicator", "promised to", "objective now", "threshold", "aspired to", "window, days", "status"),
                (
                    (
                        row["service"],
                        row["sli"],
                        row["consumer"] or "not declared",
                        facts.cite_if(row["claim_id"]),
                        "" if row["threshold"] is None else f"{row['threshold']:g} {row['threshold_unit']}",
                        _aspiration(row),
                        str(row["window_days"] or ""),
                        row["status"] if row["measurable"] else f"{row['status']}, not measurable",
                    )
                    for row in rows
                ),
                empty="No service is in scope.",
                note="Aspired to: declared and more than the history supports; what has to change first is an item of the roadmap.",
            ),
        ),
    )


def _aspiration(row: dict[str, Any]) -> str:
    share, threshold = row["aspirational_objective"], row["aspirational_threshold"]
    parts = [f"{100 * share:.10g} %"] if share is not None else []
    return ", ".join([*parts, f"{threshold:g} {row['threshold_unit']}"] if threshold is not None else parts)


def _service(facts: Facts, service: str) -> Section:
    baseline = facts.rows("select * from fct_slo_baseline where service = ? order by sli", service)
    proposals = facts.rows("select sli, rationale from fct_slo_proposal where service = ? order by sli", service)
    table = grid(
        ("indicator", "today", "bucket", "required", "ceiling", "which binds", "days", "events"),
        (_baseline_row(facts, service, row) for row in baseline),
        empty="Nothing is known about this service's traffic.",
        note="Intervals draw whole days at random; over few days they are too narrow and miss the truth too often.",
    )
    reasoned = [row for row in proposals if row["rationale"]]
    rationale = [text(facts.cite_as(row["sli"], f"slo.{service}.{row['sli']}.proposed"), f": {row['rationale']}") for row in reasoned]
    shown = (
        *_distribution(facts, service),
        *strata(facts, service),
        *saturation(facts, service),
        *tokens_per_minute(facts, service),
        *_replay(facts, service),
    )
    alerts = (*weekly_alerts(facts, service), *paging(facts, service))
    return Section(f"Service {service}", (*rationale, table, *shown, *alerts, *gaps(facts, service)))


def _distribution(facts: Facts, service: str) -> tuple[Block, ...]:
    """How long requests took, by the newest set of bucket bounds."""
    rows = facts.rows(
        "select indicator as part, upper_bound_ms as latency_ms, share from fct_latency_distribution"
        " where service = ? and isfinite(upper_bound_ms) and upper_bound_ms > 0"
        " qualify last_day = max(last_day) over (partition by indicator) order by part, latency_ms",
        service,
    )
    chart = cumulative(rows, f"How long requests of {service} took", f"slo_proposal_{service}_latency.svg")
    words = (
        "Each point is a bucket bound; between two points nothing is known. Only finished requests are counted by the runtime's histogram."
    )
    return (chart, text(words)) if chart else ()


def _baseline_row(facts: Facts, service: str, row: dict[str, Any]) -> tuple[Cell, ...]:
    claim = f"slo.{service}.{row['sli']}"
    bucket = "" if row["bucket_low"] is None else f"{row['bucket_low']:g} … {row['bucket_high']:g} {row['unit']}"
    return (
        row["sli"] + (" (at least: beyond the top bucket)" if row["censored"] else ""),
        facts.cite_if(f"{claim}.current") or "unknown",
        bucket if row["bucket_high"] is not None else "",
        facts.cite_if(f"{claim}.required") or "",
        facts.cite_if(f"{claim}.ceiling") or "",
        row["binding"] or "",
        "" if row["n_days"] is None else str(row["n_days"]),
        "" if row["n_events"] is None else f"{row['n_events']:,.0f}",
    )


def _replay(facts: Facts, service: str) -> tuple[Block, ...]:
    rows = facts.rows(
        "select day::varchar as day, sli || ', ' || objective_source as part, spend::double as spend from fct_error_budget_replay"
        " where service = ? and spend is not null order by part, day",
        service,
    )
    chart = lines(
        rows,
        f"Error budget spent by {service}, 1 = all of it",
        "spend",
        "ratio",
        f"slo_proposal_{service}.svg",
    )
    exhausted = facts.rows(
        "select sli, objective_source, objective, min(day) as first_day, count(*) as days from fct_error_budget_replay"
        " where service = ? and exhausted group by all order by all",
        service,
    )
    table = grid(
        ("indicator", "objective", "budget first spent on", "days with a spent budget"),
        (
            (
                facts.cite_as(row["sli"], f"slo.{service}.{row['sli']}.spend"),
                f"{row['objective']:.6g} ({row['objective_source']})",
                str(row["first_day"]),
                str(row["days"]),
            )
            for row in exhausted
        ),
        empty="Replayed over the window, no budget would have been exhausted." if rows else "There is nothing to replay.",
        note="Rows of fct_error_budget_replay.",
    )
    return ((chart,) if chart else ()) + (table,)


def _policy() -> Section:
    return Section(
        "Error-budget policy, draft for review",
        (
            text(
                "While budget is left, teams ship as they see fit. When a trailing window's budget is spent, changes to the service "
                "stop, except for fixes of what spent it, until the spend is below the whole budget again; the service owner decides on "
                "exceptions and writes them down. A single incident that spends a fifth of the budget gets a written review with an "
                "owner for each action."
            ),
        ),
    )
