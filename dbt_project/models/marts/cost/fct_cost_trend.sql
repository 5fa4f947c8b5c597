-- One row a whole ISO week of the window (Monday to Sunday). A week is compared only when bills cover each of its days.
with weeks as (
    select
        cast(unnest(generate_series(
            cast(window_start as timestamp) + to_days(cast((8 - isodow(window_start)) % 7 as integer)),
            cast(window_end as timestamp) - to_days(6),
            interval 7 days
        )) as date) as week
    from {{ ref('stg_declared__audit') }}
),

spend as (
    select
        cast(date_trunc('week', day) as date) as week,
        cast(sum(effective_cost) as decimal(18, 6)) as effective_cost
    from {{ ref('fct_gpu_spend_daily') }}
    group by all
),

billed as (
    select
        cast(date_trunc('week', day) as date) as week,
        count(*) as days_with_bill
    from {{ ref('int_billing__whole_days') }}
    group by all
),

ran as (
    select
        cast(date_trunc('week', day) as date) as week,
        workload,
        sum(total_cost) as cost
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only' and (gpu_hours_allocated > 0 or token_cost > 0)
    group by all
),

counted as (
    select
        cast(date_trunc('week', day) as date) as week,
        workload,
        sum(units) as units,
        sum(allocated_cost) as cost
    from {{ ref('int_units__costed_days') }}
    where is_headline and split_rule = 'gpu_only'
    group by all
),

counted_shares as (
    select
        ran.week,
        coalesce(sum(ran.cost) filter (where counted.units is not null), 0) / nullif(sum(ran.cost), 0) as counted_share
    from ran
    left join counted on ran.week = counted.week and ran.workload = counted.workload
    where ran.workload <> '__unattributed__'
    group by ran.week
),

counted_workloads as (
    select distinct workload
    from counted
),

-- Work of every workload in every week. It is 0 where the workload did not run, and unknown where it ran uncounted or without a bill.
work as (
    select
        weeks.week,
        workloads.workload,
        case when counted.units is not null then counted.units when ran.workload is null then 0 end as units,
        coalesce(counted.cost, 0) as cost
    from weeks
    cross join counted_workloads as workloads
    left join counted on weeks.week = counted.week and workloads.workload = counted.workload
    left join ran on weeks.week = ran.week and workloads.workload = ran.workload
),

compared as (
    select
        week,
        workload,
        units,
        cost,
        first_value(units) over by_week as first_units,
        first_value(cost) over by_week as first_cost,
        lag(units) over by_week as units_before,
        lag(cost) over by_week as cost_before
    from work
    window by_week as (partition by workload order by week)
),

usage as (
    select
        week,
        -- weights: cost in the first whole week; a workload whose work is unknown this week has no say in it
        sum(first_cost * units / first_units) filter (where units is not null)
        / nullif(sum(first_cost) filter (where units is not null), 0) as usage_units,
        sum(cost - units * cost_before / units_before) filter (where units is not null and units_before > 0) as price_effect,
        sum(cost_before) filter (where units is not null and units_before > 0) as cost_before,
        -- the same workloads in both weeks
        sum(first_cost * units / first_units) filter (where units is not null and units_before is not null)
        / nullif(sum(first_cost * units_before / first_units) filter (where units is not null and units_before is not null), 0) as growth
    from compared
    where first_units > 0
    group by all
),

effects as (
    select
        weeks.week,
        spend.effective_cost,
        coalesce(billed.days_with_bill, 0) as days_with_bill,
        usage.usage_units,
        counted_shares.counted_share,
        case
            when billed.days_with_bill = 7 and lag(billed.days_with_bill) over (order by weeks.week) = 7
                then spend.effective_cost - lag(spend.effective_cost) over (order by weeks.week)
        end as change,
        cast(usage.price_effect as decimal(18, 6)) as price_effect,
        cast(usage.cost_before * (usage.growth - 1) as decimal(18, 6)) as volume_effect
    from weeks
    left join spend on weeks.week = spend.week
    left join billed on weeks.week = billed.week
    left join usage on weeks.week = usage.week
    left join counted_shares on weeks.week = counted_shares.week
)

select
    week,
    effective_cost,
    usage_units,
    case when change is not null and volume_effect is not null then price_effect end as price_effect,
    cast(change - price_effect - volume_effect as decimal(18, 6)) as mix_effect,
    case when change is not null and price_effect is not null then volume_effect end as volume_effect,
    days_with_bill,
    counted_share
from effects
