"""The SLO proposal: what can be promised, to whom, at which threshold, and what happens when the budget is spent."""

from typing import Any

from audit_assets.artifacts.charts import cumulative, lines
from audit_assets.artifacts.document import Block, Cell, Document, Gate, Section, cited_claims, grid, in_words, shown_percent, text
from audit_assets.artifacts.facts import Facts, audit_header, beliefs_sections, coverage_section, unknown_section
from audit_assets.artifacts.since import since_section
from audit_assets.artifacts.slo_evidence import gaps, paging, saturation, strata, tokens_per_minute, weekly_alerts

CONDITION = "One objective per service in scope, with its rationale."


def build_slo_proposal(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "slo_proposal")
    services = facts.rows("select distinct service from fct_slo_proposal order by service")
    sections = (
        _overview(facts),
        *(_service(facts, row["service"]) for row in services),
        _policy(),
        *beliefs_sections(facts, "slo_proposal"),
        since_section(facts, ("slo",)),
        coverage_section(facts, ("metrics", "declared"), ("slo.", "scope.")),
        unknown_section(facts, ("slo",)),
    )
    return Document(
        "slo_proposal",
        "SLO proposal",
        "What can each service promise to those who call it, and how much failure may it spend?",
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
        "What to promise, and to whom",
        (
            grid(
                ("service", "indicator", "promised to", "today", "declared", "proposed", "over, days"),
                (
                    (
                        row["service"],
                        in_words(row["sli"]),
                        row["consumer"] or "nobody named one",
                        facts.cite_if(f"slo.{row['service']}.{row['sli']}.current"),
                        _objective(row["declared_objective"], row["declared_threshold"], row["threshold_unit"]) or "nothing",
                        _proposed(facts, row),
                        str(row["window_days"] or ""),
                    )
                    for row in rows
                ),
                empty="No service is in scope.",
                note="Contradicted: what is declared is not met. Where less is proposed than declared, the history supports no more.",
            ),
        ),
    )


def _proposed(facts: Facts, row: dict[str, Any]) -> Cell:
    if row["objective"] is None:
        return facts.cite_as("nothing yet", row["claim_id"])
    return facts.cite_as(_objective(row["objective"], row["threshold"], row["threshold_unit"]), row["claim_id"])


def _objective(share: float | None, threshold: float | None, unit: str | None) -> str:
    """An objective in words: `95 % within 800 ms`."""
    words = [shown_percent(share)] if share is not None else []
    return " ".join([*words, f"within {threshold:,g} {unit}"] if threshold is not None else words)


def _service(facts: Facts, service: str) -> Section:
    baseline = facts.rows("select * from fct_slo_baseline where service = ? and reason is null order by sli", service)
    proposals = facts.rows("select sli, rationale from fct_slo_proposal where service = ? order by sli", service)
    table = grid(
        ("indicator", "today", "declared", "most that its dependencies allow", "events"),
        (_baseline_row(facts, service, row) for row in baseline),
        empty="Nothing is known about this service's traffic.",
    )
    reasoned = [row for row in proposals if row["rationale"]]
    rationale = [
        text(facts.cite_as(in_words(row["sli"]), f"slo.{service}.{row['sli']}.proposed"), f": {row['rationale']}") for row in reasoned
    ]
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
        "select case indicator when 'e2e' then 'whole answer' when 'ttft' then 'first token' else indicator end as part,"
        " upper_bound_ms as latency_ms, share from fct_latency_distribution"
        " where service = ? and isfinite(upper_bound_ms) and upper_bound_ms > 0"
        " qualify last_day = max(last_day) over (partition by indicator)"
        # beyond the bound that nearly all stay below there is nothing to see
        " and coalesce(lag(share) over (partition by indicator, last_day order by upper_bound_ms), 0) < 0.9999 order by part, latency_ms",
        service,
    )
    chart = cumulative(rows, f"How long requests of {service} took", f"slo_proposal_{service}_latency.svg")
    words = (
        "Each point is a bucket bound; between two points nothing is known. Only finished requests are counted by the runtime's histogram."
    )
    return (chart, text(words)) if chart else ()


def _baseline_row(facts: Facts, service: str, row: dict[str, Any]) -> tuple[Cell, ...]:
    claim = f"slo.{service}.{row['sli']}"
    return (
        in_words(row["sli"]) + (" (at least: beyond the top bucket)" if row["censored"] else ""),
        (facts.cite_if(f"{claim}.current") or "unknown", _bucket(row)),
        facts.cite_if(f"{claim}.required") or "",
        facts.cite_if(f"{claim}.ceiling") or "",
        "" if row["n_events"] is None else f"{row['n_events']:,.0f} in {row['n_days']} days",
    )


def _bucket(row: dict[str, Any]) -> str:
    """The bucket in which a percentile lies, where it has two bounds."""
    bounded = row["bucket_low"] is not None and row["bucket_high"] is not None
    return f", between {row['bucket_low']:,g} and {row['bucket_high']:,g} {row['unit']}" if bounded else ""


def _replay(facts: Facts, service: str) -> tuple[Block, ...]:
    rows = facts.rows(
        "select day::varchar as day, replace(sli, '_', ' ') || ', ' || objective_source as part, spend::double as spend"
        " from fct_error_budget_replay where service = ? and spend is not null order by part, day",
        service,
    )
    chart = lines(
        rows,
        f"Error budget that {service} spent in the trailing window",
        "spend",
        "share of the budget, 1 = all",
        f"slo_proposal_{service}.svg",
    )
    exhausted = facts.rows(
        "select sli, objective_source, objective, min(day) as first_day, count(*) as days from fct_error_budget_replay"
        " where service = ? and exhausted group by all order by all",
        service,
    )
    table = grid(
        ("indicator", "objective", "its budget was first gone on", "days without budget"),
        (
            (
                facts.cite_as(in_words(row["sli"]), f"slo.{service}.{row['sli']}.spend"),
                f"{shown_percent(row['objective'])} ({row['objective_source']})",
                str(row["first_day"]),
                str(row["days"]),
            )
            for row in exhausted
        ),
        empty="Replayed over the window, no budget would have been exhausted." if rows else "There is nothing to replay.",
        note="Days at whose end the trailing window had no budget left (fct_error_budget_replay).",
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
