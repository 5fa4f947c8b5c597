-- One row a declared workload, unit, day and split rule with both a bill and a count of its work (workload, unit, day, split_rule).
with costs as (
    select
        day,
        workload,
        split_rule,
        sum(gpu_hours_allocated) as gpu_hours_allocated,
        case when count(*) = count(gpu_hours_active) then sum(gpu_hours_active) end as gpu_hours_active,
        -- work bought by the token costs what its bill says
        cast(coalesce(sum(allocated_cost), 0) + coalesce(sum(token_cost), 0) as double) as allocated_cost,
        case when count(*) = count(used_cost) then cast(sum(used_cost) as double) end as used_cost
    from {{ ref('fct_workload_cost_daily') }}
    where workload <> '__unattributed__'
    group by all
    having
        count(coalesce(allocated_cost, token_cost)) > 0
        -- on a day on which part of its nodes has no bill, cost and work do not belong together
        and coalesce(sum(gpu_hours_unbilled) <= 0.01 * sum(gpu_hours_allocated), true)
        -- hours that no metric saw: the counters have their work, no workload has their cost
        and coalesce(max(unattributed_share), 0) <= 0.01
),

units as (
    select
        service,
        workload,
        kind,
        unit,
        day,
        units,
        counters
    from {{ ref('int_units__daily') }}
    union all
    -- tokens as billed, where the application itself counts none
    select
        bills.service,
        bills.workload,
        bills.kind,
        '1k_tokens' as unit,
        bills.day,
        bills.tokens / 1e3 as units,
        'tokens on the bill' as counters
    from {{ ref('int_workloads__token_bills') }} as bills
    anti join {{ ref('int_units__daily') }} as counted
        on bills.workload = counted.workload and counted.unit = '1k_tokens'
    where bills.tokens is not null and bills.kind = 'inference'
)

select
    units.service,
    units.workload,
    units.kind,
    units.unit,
    units.day,
    costs.split_rule,
    units.units,
    units.counters,
    costs.allocated_cost,
    costs.used_cost,
    costs.gpu_hours_allocated,
    costs.gpu_hours_active,
    -- the unit that a workload is spoken of in, where it has several
    dense_rank() over (
        partition by units.workload
        order by list_position(['1k_tokens', 'epoch', '1m_vectors', 'job', 'request', 'training_run'], units.unit)
    ) = 1 as is_headline
from units
inner join costs on units.workload = costs.workload and units.day = costs.day
