"""What a service's page shows beside its objectives: the worst parts of the window, saturation, what alerts would have done, gaps.

What does not belong here: the objectives themselves and their reasons.
"""

from typing import Any

from audit_assets.artifacts.document import Block, Cited, grid, text
from audit_assets.artifacts.facts import Facts

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def strata(facts: Facts, service: str) -> tuple[Block, ...]:
    """The worst weekday, hour and trailing 28 days of each indicator that is a share."""
    rows = facts.rows(
        "select * from fct_sli_strata where service = ? and is_worst and value is not null order by sli, stratum_kind desc", service
    )
    if not rows:
        return ()
    table = grid(
        ("indicator", "worst", "share", "events", "days"),
        (
            (_measured(facts, service, row["sli"]), _stratum(row), f"{row['value']:.4%}", f"{row['total']:,.0f}", str(row["n_days"]))
            for row in rows
        ),
        empty="",
        note="Ratios of sums over every day with samples, days of incidents included. Times are UTC. Rows of fct_sli_strata.",
    )
    return (table,)


def _measured(facts: Facts, service: str, sli: str) -> str | Cited:
    """An indicator, with the claim of what was measured."""
    return facts.cite_as(sli, f"slo.{service}.{sli}.current")


def _stratum(row: dict[str, Any]) -> str:
    match row["stratum_kind"]:
        case "weekday":
            return WEEKDAYS[int(row["stratum"]) - 1]
        case "hour":
            return f"hour from {row['stratum']}:00"
    return f"28 days up to {row['stratum']}"


def saturation(facts: Facts, service: str) -> tuple[Block, ...]:
    """How full the service ran, in words; the knee of its throughput where there is one."""
    (row,) = facts.rows(
        "select max(kv_cache_share_max) as cache, sum(kv_cache_hours_above_90)::bigint as full_hours, sum(hours)::bigint as hours,"
        " max(requests_waiting_max) as waiting, max(queue_p95_ms_max) as queue_ms from fct_saturation_daily where service = ?",
        service,
    )
    if not row["hours"]:
        return (text("Saturation is unknown: no gauge of queued requests or of the KV cache was scraped for this service."),)
    parts = [
        f"KV cache at most {row['cache']:.0%} full, over 90 % in {row['full_hours']} of {row['hours']} hours"
        if row["cache"] is not None
        else "",
        f"at most {row['waiting']:,.1f} requests waiting, mean of the worst hour" if row["waiting"] is not None else "",
        f"95 % of requests queued less than {row['queue_ms']:,.0f} ms in the worst hour" if row["queue_ms"] is not None else "",
    ]
    knee = facts.rows(
        "select ceiling_arithmetic as words from fct_slo_baseline"
        " where service = ? and sli = 'throughput_rps' and ceiling_arithmetic is not null",
        service,
    )
    words = "; ".join([*filter(None, parts), *(found["words"] for found in knee)])
    return (text("Saturation, at a mean of ", facts.cite(f"slo.{service}.throughput_rps.current"), f": {words}."),)


def tokens_per_minute(facts: Facts, service: str) -> tuple[Block, ...]:
    """Tokens a minute of each inference workload: as counted, and as requests times the tokens of its declared profile."""
    rows = facts.rows("select * from fct_tokens_per_minute where service = ? order by workload", service)
    return tuple(_tokens_of(facts, row) for row in rows)


def _tokens_of(facts: Facts, row: dict[str, Any]) -> Block:
    claim, workload = f"slo.tokens_per_minute.{row['workload']}", row["workload"]
    if row["tokens_per_minute"] is None:
        return text(f"Tokens a minute of {workload} are ", facts.cite_as("unknown", f"{claim}.measured"), f": {row['reason']}.")
    counted = (
        f"Tokens a minute of {workload}: ",
        facts.cite(f"{claim}.measured"),
        f" counted, {row['tokens_per_minute_peak']:,.0f} in the busiest hour",
    )
    if row["tokens_per_minute_by_profile"] is None:
        return text(*counted, f"; no plan to compare with: {row['reason']}.")
    product = f"{row['requests_per_minute']:,.1f} requests a minute times {row['profile_tokens_per_request']:,.0f} declared tokens are "
    verdict = "within 10 % of it" if row["verdict"] == "held" else "more than 10 % off: a plan or a quota made of the profile is wrong"
    return text(*counted, f"; {product}", facts.cite(f"{claim}.by_profile"), f", {verdict}.")


def weekly_alerts(facts: Facts, service: str) -> tuple[Block, ...]:
    """Pages and tickets by week under the burn-rate policy, and what its alerts cannot see."""
    rows = facts.rows(
        "select replay.sli, replay.objective_source, replay.objective, sum(pages)::bigint as pages, sum(tickets)::bigint as tickets,"
        " count(*) / 7.0 as weeks, any_value(policy.failures_an_hour_to_page) as failures, any_value(policy.warning) as warning"
        " from fct_error_budget_replay as replay left join fct_slo_alert_policy as policy using (service, sli, objective_source)"
        " where replay.service = ? group by all order by replay.sli, replay.objective_source",
        service,
    )
    table = grid(
        ("indicator", "objective", "pages a week", "tickets a week", "failures in an hour that page", "warning"),
        (
            (
                _measured(facts, service, row["sli"]),
                f"{row['objective']:.6g} ({row['objective_source']})",
                _weekly(row["pages"], row["weeks"]),
                _weekly(row["tickets"], row["weeks"]),
                "" if row["failures"] is None else f"{row['failures']:,}",
                row["warning"] or "",
            )
            for row in rows
        ),
        empty="There is no objective to alert on.",
        note="Rows of fct_slo_alert_policy, replayed with the burn rates of the objective's window: over 30 days 14.4 and 6 for pages,"
        " 3 and 1 for tickets; over 28 and 7 days those of `assay slo rules`.",
    )
    return (table,)


def _weekly(count: int | None, weeks: float) -> str:
    return "unknown: samples too far apart, or no burn rates for its window" if count is None else f"{count / float(weeks):.1f}"


def paging(facts: Facts, service: str) -> tuple[Block, ...]:
    """Incidents that the policy would not have paged for, or cannot be asked about."""
    rows = facts.rows(
        "select incident_id, any_value(began_at) as began_at, any_value(was_paged) as was_paged, bool_or(would_page) as would_page,"
        " max(worst_bad_share_1h) as worst, any_value(reason) as reason from fct_incident_paging"
        " where service = ? group by incident_id order by began_at nulls last, incident_id",
        service,
    )
    if not rows:
        return ()
    missed = [row for row in rows if not row["would_page"]]
    table = grid(
        ("incident", "began, UTC", "somebody was paged", "worst hour's bad share", "why no page"),
        (
            (
                facts.cite_as(row["incident_id"], f"slo.{service}.availability.current"),
                "" if row["began_at"] is None else f"{row['began_at']:%Y-%m-%d %H:%M}",
                "yes" if row["was_paged"] else "no",
                "" if row["worst"] is None else f"{row['worst']:.2%}",
                row["reason"] or "the budget did not burn fast enough on any indicator",
            )
            for row in missed
        ),
        empty="Every incident of this service would have paged.",
        note=f"Rows of fct_incident_paging: {len(missed)} of {len(rows)} incidents of this service would not have paged"
        " under any objective, or cannot be judged.",
    )
    return (table,)


def gaps(facts: Facts, service: str) -> tuple[Block, ...]:
    """What cannot be promised yet, and which metric is missing."""
    rows = facts.rows(
        "select sli, reason from fct_slo_baseline where service = ? and reason is not null"
        " union all select sli, reason from fct_slo_queries where service = ? and reason is not null order by all",
        service,
        service,
    )
    distinct = dict.fromkeys((row["sli"], row["reason"]) for row in rows)
    missing = ((_measured(facts, service, sli), reason) for sli, reason in distinct)
    table = grid(("cannot be promised yet", "what is missing"), missing, empty="Nothing that was looked for is missing.")
    return (table,)
