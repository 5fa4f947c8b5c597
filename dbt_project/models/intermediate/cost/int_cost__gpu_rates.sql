-- One row a GPU model: what its hours cost by how they were bought, and the on-demand hours that ran every day, on days that bills cover.
with usage as (
    select
        coalesce(gpu_model, 'unnamed') as gpu_model,
        day,
        pricing_category,
        is_unused_commitment,
        gpu_hours,
        list_cost,
        effective_cost
    from {{ ref('fct_gpu_spend_daily') }} as spend
    semi join {{ ref('int_billing__whole_days') }} as whole_days on spend.day = whole_days.day
    where charge_category = 'Usage'
),

billed_days as (
    select count(*) as n_days
    from {{ ref('int_billing__whole_days') }}
),

steady as (
    -- a day without on-demand hours makes the base 0
    select
        per_day.gpu_model,
        case when count(*) = any_value(billed_days.n_days) then min(per_day.gpu_hours) else 0 end as steady_on_demand_hours_a_day
    from (
        select
            gpu_model,
            day,
            sum(gpu_hours) as gpu_hours
        from usage
        where pricing_category = 'on_demand'
        group by all
    ) as per_day
    cross join billed_days
    group by per_day.gpu_model
),

rates as (
    select
        gpu_model,
        sum(effective_cost) as effective_cost,
        coalesce(sum(effective_cost) filter (where is_unused_commitment), 0) as unused_commitment_cost,
        coalesce(sum(effective_cost) filter (where pricing_category = 'on_prem'), 0) as on_prem_cost,
        sum(gpu_hours) filter (where not is_unused_commitment) as gpu_hours,
        sum(gpu_hours) filter (where pricing_category = 'on_prem') as on_prem_gpu_hours,
        -- list price of what a cloud sold, known only when every charge carries it
        case
            when count(*) filter (where not is_unused_commitment and pricing_category <> 'on_prem' and coalesce(list_cost, 0) <= 0) = 0
                then sum(list_cost) filter (where not is_unused_commitment and pricing_category <> 'on_prem')
        end as cloud_list_cost,
        sum(effective_cost) filter (where pricing_category = 'on_demand')
        / nullif(sum(gpu_hours) filter (where pricing_category = 'on_demand'), 0) as on_demand_rate,
        sum(effective_cost) filter (where pricing_category = 'committed' and not is_unused_commitment and list_cost > 0)
        / nullif(sum(list_cost) filter (where pricing_category = 'committed' and not is_unused_commitment), 0) as committed_price_ratio,
        sum(effective_cost) filter (where pricing_category = 'on_prem')
        / nullif(sum(gpu_hours) filter (where pricing_category = 'on_prem'), 0) as on_prem_rate
    from usage
    group by gpu_model
)

select
    rates.gpu_model,
    billed_days.n_days,
    cast(rates.effective_cost as double) as effective_cost,
    cast(rates.unused_commitment_cost as double) as unused_commitment_cost,
    cast(rates.on_prem_cost as double) as on_prem_cost,
    rates.gpu_hours,
    coalesce(rates.gpu_hours, 0) - coalesce(rates.on_prem_gpu_hours, 0) as cloud_gpu_hours,
    cast(rates.cloud_list_cost as double) as cloud_list_cost,
    rates.on_demand_rate,
    rates.committed_price_ratio,
    rates.on_prem_rate,
    coalesce(steady.steady_on_demand_hours_a_day, 0) as steady_on_demand_hours_a_day
from rates
cross join billed_days
left join steady on rates.gpu_model = steady.gpu_model
