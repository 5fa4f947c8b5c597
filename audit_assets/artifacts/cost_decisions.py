"""The parts of the cost model that somebody decides on: levers, sizing, other ways to buy, and what comes next."""

from audit_assets.artifacts.document import Grid, Section, grid, shown_measure, shown_money, shown_range, text
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.planned import planned_lever

VERDICTS = {
    "under_provisioned": "too few: saturated for hours",
    "over_provisioned": "more than it needs",
    "balanced": "about right",
    "unmeasured": "unknown: too few of its hours were measured",
}


SPLITS = {
    "prefill_decode_time": "measured: time in prefill and decode",
    "declared_ratio": "declared: output_price_ratio",
    "blended": "blended: no time tells them apart",
}


def token_grid(facts: Facts) -> Grid:
    """Input and output tokens priced apart, and by what."""
    rows = facts.rows(
        "select workload, token_split from fct_token_cost where split_rule = 'gpu_only' and basis = 'allocated' order by workload"
    )
    return grid(
        ("tokens of", "1k input", "1k output", "told apart by"),
        (
            (
                row["workload"],
                facts.cite(f"cost.token.{row['workload']}.input"),
                facts.cite(f"cost.token.{row['workload']}.output"),
                SPLITS[row["token_split"]],
            )
            for row in rows
        ),
        empty="No workload has both a cost and token counters.",
    )


def levers_section(facts: Facts) -> Section:
    """What could be saved, dearest first."""
    rows = facts.rows("select rank, lever, title, problem, metric, is_tuning from fct_cost_levers order by rank")
    return Section(
        "What could be saved, dearest first",
        (
            grid(
                ("rank", "lever", "because", "at stake in the window", "watch", "planned"),
                (
                    (
                        str(row["rank"]),
                        row["title"],
                        row["problem"],
                        facts.cite(f"cost.lever.{row['lever']}"),
                        (f"{facts.claims[row['metric']].statement}: ", facts.cite(row["metric"])),
                        planned_lever(facts, row),
                    )
                    for row in rows
                ),
                empty="No lever was measured: nothing idles, or bill and metrics do not meet.",
                note="At stake is the most that a lever can save, not what it will. Each idle GPU-hour is counted under one reason.",
            ),
        ),
    )


def sizing_section(facts: Facts) -> Section:
    """GPUs held against what the busiest hours need."""
    rows = facts.rows(
        "select workload, gpus_held_mean, gpus_needed, activity_mean, activity_p95, verdict, cost_beyond_need from fct_gpu_sizing"
        " order by verdict = 'unmeasured', cost_beyond_need desc nulls last, workload"
    )
    return Section(
        "Too many GPUs, or too few",
        (
            grid(
                (
                    "workload",
                    "GPUs held, mean",
                    "GPUs that its busiest hours need",
                    "activity, mean",
                    "activity in its busiest hours",
                    "so",
                    f"beyond need in the window, {facts.currency}",
                ),
                (
                    (
                        facts.cite_as(row["workload"], f"gpu.sm_active.{row['workload']}"),
                        _gpus(row["gpus_held_mean"]),
                        _gpus(row["gpus_needed"]),
                        shown_measure(row["activity_mean"], "share"),
                        shown_measure(row["activity_p95"], "share"),
                        VERDICTS[row["verdict"]],
                        shown_money(row["cost_beyond_need"]),
                    )
                    for row in rows
                ),
                empty="No pod was seen to hold a GPU.",
                note="Rows of fct_gpu_sizing: what is held × the activity of its busiest hours (95th percentile) ÷ 80 %. A replica"
                " that needs its memory or several GPUs cannot shrink by fractions.",
            ),
        ),
    )


def scenarios_section(facts: Facts) -> Section:
    """The same work bought in another way, and the next weeks."""
    rows = facts.rows("select distinct scenario, assumption from fct_cost_scenarios order by scenario <> 'as_is', scenario")
    forecast = facts.cite("cost.forecast.4_weeks")
    interval = shown_range(forecast.claim)
    return Section(
        "If it were bought in another way",
        (
            grid(
                ("scenario", "GPU spend in 30 days", "what it takes for granted"),
                ((row["scenario"].replace("_", " "), facts.cite(f"cost.scenario.{row['scenario']}"), row["assumption"]) for row in rows),
                empty="No GPU usage is billed, so there is nothing to compare.",
                note="Rows of fct_cost_scenarios by GPU model, from prices that the bill itself shows. What it does not show is unknown.",
            ),
            text("If the next four weeks are like the last whole one, they cost ", forecast, f" ({interval})." if interval else "."),
        ),
    )


def _gpus(value: object) -> str:
    return "" if value is None else f"{float(str(value)):,.1f}"
