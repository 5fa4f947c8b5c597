"""The cost model: what is spent, on what unit of work, how elastic it is, and what the console hides."""

from audit_assets.artifacts import cost_charts as charts
from audit_assets.artifacts.cost_decisions import levers_section, scenarios_section, sizing_section, token_grid
from audit_assets.artifacts.cost_shares import spend_section
from audit_assets.artifacts.document import (
    Block,
    Cell,
    Chart,
    Document,
    Gate,
    Grid,
    Section,
    bare,
    cited_claims,
    grid,
    in_words,
    shown_measure,
    shown_money,
    text,
)
from audit_assets.artifacts.facts import (
    FAMILIES,
    Facts,
    audit_header,
    beliefs_sections,
    coverage_section,
    plain_reason,
    told,
    unknown_section,
)
from audit_assets.artifacts.since import since_section

CONDITION = "A cost per unit of work, with written assumptions."
EFFECTS = ("price", "mix", "volume")


def build_cost_model(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "cost_model")
    sections = (
        _three_numbers(facts),
        levers_section(facts),
        spend_section(facts),
        _idle(facts),
        sizing_section(facts),
        _fixed(facts),
        _trend(facts),
        scenarios_section(facts),
        _hidden(facts),
        *beliefs_sections(facts, "cost_model"),
        since_section(facts, ("cost", "gpu")),
        coverage_section(facts, ("billing", "metrics", "declared"), FAMILIES["cost_model"]),
        unknown_section(facts, ("cost", "gpu")),
    )
    return Document(
        "cost_model",
        "Cost model",
        "Where does the GPU money go, what does a unit of work cost, and how much of it moves with the work?",
        audit,
        window,
        owner,
        _gate(facts),
        sections,
        cited_claims(sections),
    )


def _gate(facts: Facts) -> Gate:
    missing = []
    if facts.claims["cost.spend.total"].value is None:
        missing.append(f"the total spend: {plain_reason(facts.claims['cost.spend.total'])}")
    units = facts.rows(
        "select workload, min(reason) as reason, count(cost_per_unit) as known from fct_unit_cost group by all order by workload"
    )
    missing += [f"a cost per unit of work of {unit['workload']}: {unit['reason']}" for unit in units if not unit["known"]]
    if not units:
        missing.append("a workload with a unit of work")
    if not facts.rows("select 1 from fct_assumptions limit 1"):
        missing.append("written assumptions")
    return Gate(CONDITION, tuple(missing))


def _three_numbers(facts: Facts) -> Section:
    return Section(
        "What we spend, on which work, and how elastic it is",
        (
            text("Spend: ", facts.cite("cost.spend.total"), " of amortised GPU cost in the window.", *_what_total_lacks(facts)),
            _unit_costs(facts),
            token_grid(facts),
            *_drawn(charts.unit_cost_by_week(facts)),
            told(
                "Elasticity",
                "Elasticity: ",
                facts.cite("cost.fixed.share"),
                " of spend is fixed: it does not fall when work falls. The price of a unit falls as utilisation rises; "
                "the curve below shows observed points apart from extrapolated ones.",
            ),
            *_elasticity(facts),
        ),
    )


def _what_total_lacks(facts: Facts) -> tuple[str, ...]:
    coverage = facts.claims["cost.spend.total"].coverage
    return (
        ()
        if coverage is None or coverage >= 1
        else (' Days without a bill are missing from it, not estimated; "What this rests on" lists them.',)
    )


def _unit_costs(facts: Facts) -> Grid:
    """What a unit costs by each split rule, and what it would cost were only GPU time that worked charged."""
    rows = facts.rows(
        """
        select workload, unit,
               max(cost_per_unit) filter (where split_rule = 'gpu_only' and basis = 'used') as used,
               max(cost_per_unit) filter (where split_rule = 'opencost' and basis = 'allocated') as opencost,
               max(cost_per_unit) filter (where split_rule = 'aws_scad' and basis = 'allocated') as aws_scad
        from fct_unit_cost
        group by all
        having count(cost_per_unit) filter (where split_rule = 'gpu_only' and basis = 'allocated') > 0
        order by all
        """
    )
    return grid(
        (
            "workload",
            "unit",
            f"cost of a unit, {facts.currency}",
            "if only GPU time that worked were charged",
            "split by opencost",
            "split by aws_scad",
        ),
        (
            (
                row["workload"],
                in_words(row["unit"]),
                bare(facts.cite(f"cost.unit.{row['workload']}.{row['unit']}")),
                *(shown_measure(row[name]) or "unknown" for name in ("used", "opencost", "aws_scad")),
            )
            for row in rows
        ),
        empty="No cost of a unit of work is known.",
        note="Of what the workload's pods held, while the price of a node belongs to its GPUs (gpu_only). The other columns are in the same"
        " currency: fct_unit_cost splits the price of a node in two other published ways, by GPU, CPU and memory.",
    )


def _elasticity(facts: Facts) -> tuple[Block, ...]:
    chart = charts.unit_cost_by_utilisation(facts)
    return (chart,) if chart else (text("No workload has both a cost and a measured utilisation, so there is no curve."),)


def _fixed(facts: Facts) -> Section:
    rows = facts.rows("select component, fixed_cost, variable_cost, fixed_share from fct_cost_fixed_variable order by component")
    return Section(
        "Fixed and variable",
        (
            grid(
                ("bought as", f"fixed, {facts.currency}", f"variable, {facts.currency}"),
                ((_component(facts, row["component"]), shown_money(row["fixed_cost"]), shown_money(row["variable_cost"])) for row in rows),
                empty="No spend, so nothing to split.",
            ),
            told(
                "Commitments",
                "Commitments are used to ",
                facts.cite("cost.commitment.utilisation"),
                " and cover ",
                facts.cite("cost.commitment.coverage"),
                " of what they could cover. Below a use of ",
                facts.cite("cost.commitment.break_even"),
                " on demand would have been cheaper. Spot was cheaper than list by ",
                facts.cite("cost.spot.discount"),
                ".",
            ),
        ),
    )


def _idle(facts: Facts) -> Section:
    return Section(
        "Idle",
        (
            told(
                "Idle",
                "Idle is ",
                facts.cite("cost.idle.share"),
                " of spend: ",
                facts.cite("cost.idle.allocated.share"),
                " held by pods that did not use it, ",
                facts.cite("cost.idle.unallocated.share"),
                " held by nobody. Unused commitment and unmeasured time are shown apart and are in neither.",
            ),
            *_drawn(charts.idle_by_reason(facts), charts.idle_by_node_and_day(facts), charts.hours_by_utilisation(facts)),
        ),
    )


def _component(facts: Facts, component: str) -> Cell:
    return facts.cite_as(component.replace("_", " "), f"cost.component.{component}")


def _trend(facts: Facts) -> Section:
    rows = facts.rows(
        "select week, effective_cost, days_with_bill, price_effect, mix_effect, volume_effect from fct_cost_trend order by week"
    )
    return Section(
        "Trend",
        (
            told(
                "Trend",
                "From the first whole week with all its bills to the last, spend changed by ",
                facts.cite("cost.trend.spend"),
                " and work by ",
                facts.cite("cost.trend.usage"),
                "; that is ",
                facts.cite("cost.trend.excess"),
                " beyond the growth of work (above zero, cost grows faster than usage).",
            ),
            *_drawn(charts.spend_and_work(facts)),
            grid(
                ("week of", "spend", "days with a whole bill", *(f"{effect} effect, {facts.currency}" for effect in EFFECTS)),
                (
                    (
                        str(r["week"]),
                        facts.cite_if(f"cost.week.{r['week']}") or shown_money(r["effective_cost"]),
                        f"{r['days_with_bill']} of 7",
                        *(shown_money(r[f"{effect}_effect"]) for effect in EFFECTS),
                    )
                    for r in rows
                ),
                empty="No whole week has a bill.",
                note="Rows of fct_cost_trend. What each effect did to the spend of the week before; together they are the whole"
                " change: other prices, other GPUs, more work. Empty where bills do not cover both weeks.",
            ),
        ),
    )


def _hidden(facts: Facts) -> Section:
    rows = facts.rows(
        """
        select claim_id, statement, subject, console_value, true_value, unit, cost_at_stake, detail,
               row_number() over (partition by lie_id order by cost_at_stake desc nulls last, subject) as nth
        from fct_console_lies
        left join (select lie_id, any_value(statement) as statement from fct_assumptions group by lie_id) using (lie_id)
        qualify nth <= 3
        order by max(cost_at_stake) over (partition by lie_id) desc nulls last, lie_id, nth
        """
    )
    return Section(
        "Things the console hides from you",
        (
            grid(
                (
                    "what one would assume",
                    "findings",
                    "about",
                    "the console says",
                    "the data says",
                    f"at stake, {facts.currency}",
                    "in words",
                ),
                (
                    (
                        row["statement"] if row["nth"] == 1 else "",
                        bare(facts.cite_if(row["claim_id"])) if row["nth"] == 1 else "",
                        row["subject"],
                        shown_measure(row["console_value"], row["unit"]),
                        shown_measure(row["true_value"], row["unit"]) or "unknown",
                        shown_money(row["cost_at_stake"]) or "unknown",
                        facts.cite_as(row["detail"], row["claim_id"]) if row["nth"] > 1 else row["detail"],
                    )
                    for row in rows
                ),
                empty="No misleading number was found by the checks that could run.",
                note="The three dearest findings of a kind; fct_console_lies has all. Findings overlap: what is at stake does not add up.",
            ),
        ),
    )


def _drawn(*made: Chart | None) -> tuple[Block, ...]:
    """The charts that had something to draw."""
    return tuple(chart for chart in made if chart)
