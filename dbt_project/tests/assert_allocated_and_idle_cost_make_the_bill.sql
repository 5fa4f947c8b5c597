-- Per day and split rule, to the cent: allocated cost + unallocated and unused cost = the bill.
with split_rules as (
    select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule
),

bill as (
    select
        spend.day,
        split_rules.split_rule,
        sum(spend.effective_cost) as cost
    from {{ ref('fct_gpu_spend_daily') }} as spend
    cross join split_rules
    group by all
),

allocated as (
    select
        day,
        split_rule,
        sum(allocated_cost) as cost
    from {{ ref('fct_workload_cost_daily') }}
    group by all
),

idle as (
    select
        day,
        split_rule,
        sum(cost) as cost
    from {{ ref('fct_idle_cost_daily') }}
    where idle_class in ('unallocated', 'commitment')
    group by all
)

select
    coalesce(bill.day, allocated.day, idle.day) as day,
    coalesce(bill.split_rule, allocated.split_rule, idle.split_rule) as split_rule,
    bill.cost as billed,
    allocated.cost as allocated,
    idle.cost as idle
from bill
full outer join allocated on bill.day = allocated.day and bill.split_rule = allocated.split_rule
full outer join idle on bill.day = idle.day and bill.split_rule = idle.split_rule
where abs(coalesce(bill.cost, 0) - coalesce(allocated.cost, 0) - coalesce(idle.cost, 0)) >= 0.005
