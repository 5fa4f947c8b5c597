-- One row a scenario and GPU model: what 30 days of the same GPU-hours would cost if they were bought in another way.
with rates as (
    select
        gpu_model,
        30.0 / n_days as per_30_days,
        effective_cost,
        unused_commitment_cost,
        on_prem_cost,
        gpu_hours,
        cloud_gpu_hours,
        cloud_list_cost,
        on_demand_rate,
        committed_price_ratio,
        on_prem_rate,
        steady_on_demand_hours_a_day * n_days as steady_hours
    from {{ ref('int_cost__gpu_rates') }}
),

scenarios as (
    select
        'as_is' as scenario,
        'Everything as it was bought, unused commitments included.' as assumption,
        gpu_model,
        gpu_hours,
        per_30_days,
        effective_cost as cost,
        'no effective cost' as missing
    from rates
    union all
    select
        'all_on_demand' as scenario,
        'Every cloud GPU-hour at its list price: no commitment, no spot. What is owned stays as it is.' as assumption,
        gpu_model,
        gpu_hours,
        per_30_days,
        case when cloud_gpu_hours > 0 then cloud_list_cost + on_prem_cost else on_prem_cost end as cost,
        'the bill lacks the list price of a part of its hours' as missing
    from rates
    union all
    select
        'commit_steady_base' as scenario,
        'On-demand GPU-hours that ran on every billed day are committed, as cheap as present commitments; none where one lies unused.'
            as assumption,
        gpu_model,
        gpu_hours,
        per_30_days,
        case
            when steady_hours = 0 or unused_commitment_cost > 0 then effective_cost
            else effective_cost - steady_hours * on_demand_rate * (1 - committed_price_ratio)
        end as cost,
        'it runs on demand all the time, and no commitment for this GPU shows what one would cost' as missing
    from rates
    union all
    select
        'no_unused_commitment' as scenario,
        'Commitments are cut to what runs under them.' as assumption,
        gpu_model,
        gpu_hours,
        per_30_days,
        effective_cost - unused_commitment_cost as cost,
        'no effective cost' as missing
    from rates
    union all
    select
        'own_everything' as scenario,
        'Every GPU-hour at what an owned GPU of its model costs an hour now (power, depreciation and network as declared).' as assumption,
        gpu_model,
        gpu_hours,
        per_30_days,
        case when cloud_gpu_hours > 0 then on_prem_cost + cloud_gpu_hours * on_prem_rate else on_prem_cost end as cost,
        'no owned GPU of this model is declared, so what owning one costs is not known' as missing
    from rates
)

select
    scenario,
    gpu_model,
    cast(gpu_hours * per_30_days as double) as gpu_hours_per_30_days,
    cast(cost * per_30_days as decimal(18, 6)) as cost_per_30_days,
    assumption,
    case when cost is null then missing end as reason
from scenarios
