"""The charts of the cost model: what they draw from the published marts. How they are drawn is in charts.py."""

from audit_assets.artifacts.charts import curves, day_map, histogram, lines, ranked_bars, stacked_by_day, weekly_bands
from audit_assets.artifacts.document import Chart
from audit_assets.artifacts.facts import Facts

MAPPED_NODES = 24
DRAWN_WORKLOADS = 6  # more colours than that nobody tells apart; the table has them all
_UNIT = "workload || ', ' || if(unit like '1%', '', 'one ') || replace(unit, '_', ' ')"
WHOLE_WEEK_DAYS = 4  # a week with fewer days behind it says little about its cost


def spend_by_workload(facts: Facts) -> Chart | None:
    """Daily spend, stacked by workload, the dearest at the bottom."""
    rows = facts.rows(
        """
        with costs as (
            select day, workload, sum(total_cost) as cost from fct_workload_cost_daily where split_rule = 'gpu_only' group by all
        ),
        ranked as (
            select workload, row_number() over (order by sum(cost) desc nulls last, workload) as rank from costs group by workload
        )
        select day::varchar as day, if(rank <= ?, workload, 'all others') as part, sum(cost)::double as cost
        from costs inner join ranked using (workload)
        group by all
        having sum(cost) <> 0
        order by min(rank), day
        """,
        DRAWN_WORKLOADS,
    )
    return stacked_by_day(rows, "Spend by workload", "cost", "USD a day", "cost_model_spend.svg")


def unit_cost_by_week(facts: Facts) -> Chart | None:
    """Each workload's unit cost by week, with the range of its days."""
    rows = facts.rows(
        f"select week::varchar as week, {_UNIT} as part, cost_per_unit::double as middle,"
        " lowest_day::double as low, highest_day::double as high from fct_unit_cost_weekly where n_days >= ? order by part, week",
        WHOLE_WEEK_DAYS,
    )
    return weekly_bands(rows, "Cost of a unit by week", "USD a unit", "cost_model_units.svg")


def unit_cost_by_utilisation(facts: Facts) -> Chart | None:
    """What a unit costs at a utilisation: observed days, and the curve through them."""
    rows = facts.rows(
        f"select {_UNIT} as part, utilisation, cost_per_unit::double as cost, observed"
        " from fct_cost_elasticity where cost_per_unit is not null order by part, observed, utilisation, cost"
    )
    return curves(rows, "Cost of a unit by utilisation", "cost", "USD a unit", "cost_model_elasticity.svg")


def idle_by_reason(facts: Facts) -> Chart | None:
    """Idle cost of the window by reason."""
    rows = facts.rows(
        "select replace(reason, '_', ' ') as part, sum(cost)::double as cost from fct_idle_cost_daily where split_rule = 'gpu_only'"
        " group by all having sum(cost) <> 0 order by cost desc, part"
    )
    return ranked_bars(rows, "What did no work, by reason", "cost", "USD in the window", "cost_model_idle.svg")


def idle_by_node_and_day(facts: Facts) -> Chart | None:
    """Idle cost as a map of nodes and days, the dearest nodes first."""
    rows = facts.rows(
        """
        with days as (
            select day::varchar as day, node as part, sum(cost) as cost
            from fct_idle_cost_daily
            where split_rule = 'gpu_only' and idle_class in ('allocated', 'unallocated') and node is not null
            group by all
        ),
        nodes as (select part, sum(cost) as total from days group by all order by total desc, part limit ?)
        select days.day, days.part, days.cost::double as cost from days inner join nodes using (part) order by nodes.total desc, part, day
        """,
        MAPPED_NODES,
    )
    return day_map(rows, "Idle cost by node and day", "cost", "USD a day", "cost_model_idle_map.svg")


def hours_by_utilisation(facts: Facts) -> Chart | None:
    """GPU-hours by how busy they were, by both counters that people call utilisation."""
    rows = facts.rows(
        "select case counter when 'gpu_util' then 'GPU_UTIL: any kernel ran' else 'SM_ACTIVE: share of the GPU that worked' end as part,"
        " utilisation_from as low, utilisation_to as high, round(sum(gpu_hours), 6) as gpu_hours"
        " from fct_gpu_utilisation_hours group by all order by part, low"
    )
    return histogram(rows, "GPU-hours by utilisation", "gpu_hours", "GPU-hours in the window", "cost_model_utilisation.svg")


def spend_and_work(facts: Facts) -> Chart | None:
    """Spend and work by week with a bill on each day, both 1 in the first."""
    rows = facts.rows(
        """
        select week::varchar as day, 'spend' as part, (effective_cost / first_value(effective_cost) over (order by week))::double as level
        from fct_cost_trend
        where days_with_bill = 7
        union all
        select week::varchar, 'work', (usage_units / first_value(usage_units) over (order by week))::double
        from fct_cost_trend
        where days_with_bill = 7
        order by 2, 1
        """
    )
    known = [row for row in rows if row["level"] is not None]
    return lines(known, "Spend and work by whole week, the first = 1", "level", "index", "cost_model_trend.svg")
