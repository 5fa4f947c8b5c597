"""What a service's page shows beside its objectives: the worst parts of the window, saturation, what alerts would have done, gaps.

What does not belong here: the objectives themselves and their reasons.
"""

from typing import Any

from audit_assets.artifacts.document import Block, Cited, grid, in_words, shown_percent, text
from audit_assets.artifacts.facts import Facts

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def strata(facts: Facts, service: str) -> tuple[Block, ...]:
    """The worst weekday, hour and trailing 28 days of each indicator with an objective."""
    rows = facts.rows(
        "select * from fct_sli_strata semi join fct_error_budget_replay using (service, sli)"
        " where service = ? and is_worst and value is not null order by sli, stratum_kind desc",
        service,
    )
    if not rows:
        return ()
    table = grid(
        ("indicator", "worst in the window", "good events", "of events", "days"),
        (
            (_measured(facts, service, row["sli"]), _stratum(row), f"{row['value']:.4%}", f"{row['total']:,.0f}", str(row["n_days"]))
            for row in rows
        ),
        empty="",
        note="When it is worst. Ratios of sums over every day with samples, days of incidents included. Times are UTC.",
    )
    return (table,)


def _measured(facts: Facts, service: str, sli: str) -> str | Cited:
    """An indicator, with the claim of what was measured."""
    return facts.cite_as(in_words(sli), f"slo.{service}.{sli}.current")


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
        f"KV cache at most {row['cache']:.0%} full, over 90 % in {row['full_hours']:,} of {row['hours']:,} hours"
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
    product = f". Its profile, {row['profile_tokens_per_request']:,.0f} tokens a request, makes "
    verdict = "within 10 % of that" if row["verdict"] == "held" else "more than 10 % off: a plan or a quota made of the profile is wrong"
    return text(*counted, product, facts.cite(f"{claim}.by_profile"), f", {verdict}.")


def weekly_alerts(facts: Facts, service: str) -> tuple[Block, ...]:
    """Pages and tickets by week under the burn-rate policy, and what its alerts cannot see."""
    rows = facts.rows(
        "select sli, objective, string_agg(objective_source, ', ') as sources, any_value(pages) as pages, any_value(tickets) as tickets,"
        " any_value(weeks) as weeks, any_value(failures) as failures, any_value(warning) as warning from ("
        "select replay.sli, replay.objective_source, replay.objective, sum(pages)::bigint as pages, sum(tickets)::bigint as tickets,"
        " count(*) / 7.0 as weeks, any_value(policy.failures_an_hour_to_page) as failures, any_value(policy.warning) as warning"
        " from fct_error_budget_replay as replay left join fct_slo_alert_policy as policy using (service, sli, objective_source)"
        " where replay.service = ? group by all order by replay.sli, replay.objective_source"
        ") group by sli, objective order by sli, sources",
        service,
    )
    table = grid(
        ("indicator", "objective", "pages a week", "tickets a week", "failures in an hour that page", "warning"),
        (
            (
                _measured(facts, service, row["sli"]),
                f"{shown_percent(row['objective'])} ({row['sources']})",
                _weekly(row["pages"], row["weeks"]),
                _weekly(row["tickets"], row["weeks"]),
                "" if row["failures"] is None else f"{row['failures']:,}",
                row["warning"] or "",
            )
            for row in rows
        ),
        empty="There is no objective to alert on.",
        note="Rows of fct_slo_alert_policy: how often its alerts would have called somebody, by the burn rates of `assay slo rules`."
        " Unknown: samples are too far apart (a page looks at five minutes), or no burn rates are known for its window.",
    )
    return (table,)


def _weekly(count: int | None, weeks: float) -> str:
    return "unknown" if count is None else f"{count / float(weeks):.1f}"


def paging(facts: Facts, service: str) -> tuple[Block, ...]:
    """Incidents that the policy would not have paged for, or cannot be asked about."""
    rows = facts.rows(
        "select incident_id, any_value(title) as title, any_value(began_at) as began_at, any_value(was_paged) as was_paged,"
        " bool_or(would_page) as would_page, max(worst_bad_share_1h / nullif(1 - objective, 0)) as burn_rate, any_value(reason) as reason"
        " from fct_incident_paging left join (select incident_id, title from fct_incidents) using (incident_id)"
        " where service = ? group by incident_id order by began_at nulls last, incident_id",
        service,
    )
    if not rows:
        return ()
    missed = [row for row in rows if not row["would_page"]]
    table = grid(
        ("incident", "began, UTC", "somebody was paged", "fastest burn in an hour, 1 = just the budget", "why no page"),
        (
            (
                facts.cite_as(row["title"] or row["incident_id"], f"slo.{service}.availability.current"),
                "" if row["began_at"] is None else f"{row['began_at']:%Y-%m-%d %H:%M}",
                "yes" if row["was_paged"] else "no",
                "" if row["burn_rate"] is None else f"{row['burn_rate']:,.1f}",
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
    missing = [(_measured(facts, service, sli), reason) for sli, reason in distinct]
    return (grid(("cannot be promised yet", "what is missing"), missing, empty=""),) if missing else ()
