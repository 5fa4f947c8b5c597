-- One row a day with GPU usage and provider: no resource can run longer than its GPUs have hours (25 for a day on which clocks go back).
select
    provider as source,
    cast(day as varchar) as subject,
    count(*) filter (where gpu_hours > gpu_count * 25) = 0 as ok,
    sum(gpu_hours) as console_value,
    sum(least(gpu_hours, gpu_count * 24)) as true_value,
    'GPU-hours' as unit,
    cast(sum(effective_cost) filter (where gpu_hours > gpu_count * 25) as double) as cost_at_stake,
    coalesce(
        string_agg(resource_id, ', ' order by resource_id) filter (where gpu_hours > gpu_count * 25) || ' ran longer than a day has hours',
        'possible'
    ) as detail
from {{ ref('fct_gpu_spend_daily') }}
where gpu_count > 0
group by provider, day
