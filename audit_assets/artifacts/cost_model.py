"""The cost model: what is spent, on what unit of work, how elastic it is, and what the console hides."""

from audit_assets.artifacts import cost_charts as charts
from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.cost_decisions import levers_section, scenarios_section, sizing_section, token_grid
from audit_assets.artifacts.document import (
    Block,
    Cell,
    Chart,
    Document,
    Gate,
    Section,
    cited_claims,
    grid,
    shown_measure,
    shown_money,
    text,
)
from audit_assets.artifacts.facts import (
    Facts,
    audit_header,
    beliefs_section,
    claim_grid,
    coverage_section,
    unknown_section,
)
from audit_assets.artifacts.since import since_section

CONDITION = "A cost per unit of work, with written assumptions."


def build_cost_model(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "cost_model")
    sections = (
        coverage_section(facts, ("billing", "metrics", "declared"), ("cost.", "gpu.")),
        _three_numbers(facts),
        _spend(facts),
        _fixed(facts),
        _idle(facts),
        levers_section(facts),
        sizing_section(facts),
        _trend(facts),
        scenarios_section(facts),
        _hidden(facts),
        _split_rules(facts),
        beliefs_section(facts),
        since_section(facts, ("cost", "gpu")),
        unknown_section(facts, ("cost", "gpu")),
    )
    return Document(
        "cost_model",
        "Cost model",
        "What are we spending, on what unit of work, and how elastic is it?",
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
        missing.append("the total spend: " + str(facts.claims["cost.spend.total"].value_text))
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
        "The three numbers",
        (
            text("Spend: ", facts.cite("cost.spend.total"), " of amortised GPU cost in the window.", *_what_total_lacks(facts)),
            claim_grid(_unit_costs(facts), "No cost of a unit of work is known.", "cost of a unit of work"),
            token_grid(facts),
            *_drawn(charts.unit_cost_by_week(facts)),
            text(
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
        else (" Days without a bill are missing from it, not estimated; the table above lists them.",)
    )


def _unit_costs(facts: Facts) -> list[Claim]:
    return [claim for claim in facts.family("cost.unit.") if claim.value is not None]


def _elasticity(facts: Facts) -> tuple[Block, ...]:
    chart = charts.unit_cost_by_utilisation(facts)
    return (chart,) if chart else (text("No workload has both a cost and a measured utilisation, so there is no curve."),)


def _spend(facts: Facts) -> Section:
    claims = [claim for claim in facts.family("cost.spend.") if claim.claim_id != "cost.spend.total"]
    return Section(
        "Where it goes",
        (
            *_drawn(charts.spend_by_workload(facts)),
            claim_grid(sorted(claims, key=lambda c: -(c.value or 0)), "No spend could be mapped to a workload."),
            claim_grid(facts.family("cost.share."), "No shares could be computed."),
            text(
                "Untagged: ",
                facts.cite("cost.untagged.share"),
                " of spend. Outside the allowed regions: ",
                facts.cite("cost.region.disallowed"),
                ".",
            ),
        ),
    )


def _fixed(facts: Facts) -> Section:
    rows = facts.rows("select component, fixed_cost, variable_cost, fixed_share from fct_cost_fixed_variable order by component")
    return Section(
        "Fixed and variable",
        (
            grid(
                ("component", "fixed", "variable"),
                ((_component(facts, row["component"]), shown_money(row["fixed_cost"]), shown_money(row["variable_cost"])) for row in rows),
                empty="No spend, so nothing to split.",
                note="Rows of fct_cost_fixed_variable; the share is claim cost.fixed.share.",
            ),
            text(
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
            text(
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
            text(
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
                ("week of", "spend", "days with a whole bill", "price effect", "mix effect", "volume effect"),
                (
                    (
                        str(r["week"]),
                        facts.cite_if(f"cost.week.{r['week']}") or shown_money(r["effective_cost"]),
                        f"{r['days_with_bill']} of 7",
                        shown_money(r["price_effect"]),
                        shown_money(r["mix_effect"]),
                        shown_money(r["volume_effect"]),
                    )
                    for r in rows
                ),
                empty="No whole week has a bill.",
                note="Rows of fct_cost_trend; effects are against the week before and add up to its change, where bills cover both weeks.",
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
                ("what one would assume", "against it", "about", "the console says", "the data says", "at stake", "in words"),
                (
                    (
                        row["statement"] if row["nth"] == 1 else "",
                        facts.cite_if(row["claim_id"]),
                        row["subject"],
                        shown_measure(row["console_value"], row["unit"]),
                        shown_measure(row["true_value"], row["unit"]),
                        shown_money(row["cost_at_stake"]),
                        row["detail"],
                    )
                    for row in rows
                ),
                empty="No misleading number was found by the checks that could run.",
                note="The three dearest findings of a kind; fct_console_lies has all. Findings overlap: what is at stake does not add up.",
            ),
        ),
    )


def _split_rules(facts: Facts) -> Section:
    rows = facts.rows(
        "select workload, unit, basis, max(cost_per_unit) filter (where split_rule = 'gpu_only') as gpu_only,"
        " max(cost_per_unit) filter (where split_rule = 'opencost') as opencost,"
        " max(cost_per_unit) filter (where split_rule = 'aws_scad') as aws_scad"
        " from fct_unit_cost where cost_per_unit is not null group by all order by all"
    )
    return Section(
        "How much depends on the split rule",
        (
            grid(
                ("workload", "unit", "basis", "gpu_only", "opencost", "aws_scad"),
                (
                    (
                        facts.cite_as(r["workload"], f"cost.unit.{r['workload']}.{r['unit']}"),
                        r["unit"],
                        r["basis"],
                        shown_measure(r["gpu_only"]),
                        shown_measure(r["opencost"]),
                        shown_measure(r["aws_scad"]),
                    )
                    for r in rows
                ),
                empty="No unit cost is known, so nothing depends on a rule yet.",
                note="Rows of fct_unit_cost: one node price split in three published ways, charged for what was held or what was used.",
            ),
        ),
    )


def _drawn(*made: Chart | None) -> tuple[Block, ...]:
    """The charts that had something to draw."""
    return tuple(chart for chart in made if chart)
