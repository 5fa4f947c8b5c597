-- One row a day with GPU spend and split rule: what workloads held, what nobody held and unused commitments add up to the bill.
with spend as (
    select
        day,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_gpu_spend_daily') }}
    group by day
),

held as (
    select
        day,
        split_rule,
        sum(allocated_cost) as cost
    from {{ ref('fct_workload_cost_daily') }}
    group by all
),

free as (
    select
        day,
        split_rule,
        sum(cost) as cost
    from {{ ref('fct_idle_cost_daily') }}
    where idle_class in ('unallocated', 'commitment')
    group by all
),

days as (
    select
        spend.day,
        rules.split_rule,
        spend.effective_cost,
        coalesce(held.cost, 0) + coalesce(free.cost, 0) as explained
    from spend
    cross join (select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule) as rules
    left join held
        on spend.day = held.day and rules.split_rule = held.split_rule
    left join free
        on spend.day = free.day and rules.split_rule = free.split_rule
    where spend.effective_cost is not null
)

select
    'bill' as source,
    day || ' ' || split_rule as subject,
    abs(effective_cost - explained) < 0.005 as ok,
    cast(effective_cost as double) as console_value,
    cast(explained as double) as true_value,
    'currency' as unit,
    cast(abs(effective_cost - explained) as double) as cost_at_stake,
    'billed ' || effective_cost || ', explained ' || explained as detail
from days
