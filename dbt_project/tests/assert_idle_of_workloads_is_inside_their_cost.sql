-- Per day and split rule, to the cent: used cost + measured idle + unmeasured cost = allocated cost of the workloads that are known.
with workloads as (
    select
        day,
        split_rule,
        sum(allocated_cost) as allocated_cost
    from {{ ref('fct_workload_cost_daily') }}
    where workload <> '__unattributed__'
    group by all
),

used as (
    select
        day,
        split_rule,
        sum(used_cost) as cost
    from {{ ref('int_allocation__workload_daily') }}
    group by all
),

idle as (
    select
        day,
        split_rule,
        sum(cost) as cost
    from {{ ref('fct_idle_cost_daily') }}
    where idle_class in ('allocated', 'unmeasured')
    group by all
)

select
    workloads.day,
    workloads.split_rule,
    workloads.allocated_cost,
    used.cost as used_cost,
    idle.cost as idle_cost
from workloads
left join used on workloads.day = used.day and workloads.split_rule = used.split_rule
left join idle on workloads.day = idle.day and workloads.split_rule = idle.split_rule
where abs(coalesce(workloads.allocated_cost, 0) - coalesce(used.cost, 0) - coalesce(idle.cost, 0)) >= 0.005
