-- One row a workload with measured GPU-hours: whether a "usage" basis that counts requested GPUs says what was used. Below 0.5 a GPU is
-- likely used ineffectively (NVIDIA, DCGM documentation of SM activity), and what is called usage is mostly request.
select
    'bill' as source,
    workload as subject,
    sum(gpu_hours_active) >= 0.5 * sum(gpu_hours_allocated) as ok,
    sum(gpu_hours_allocated) as console_value,
    sum(gpu_hours_active) as true_value,
    'GPU-hours' as unit,
    cast(sum(allocated_idle_cost) as double) as cost_at_stake,
    printf(
        '%s requested %.0f GPU-hours and its GPUs worked %.0f (%.0f %%); a basis of requests calls all of them usage%s',
        workload, sum(gpu_hours_allocated), sum(gpu_hours_active), 100 * sum(gpu_hours_active) / sum(gpu_hours_allocated),
        case when sum(allocated_idle_cost) is null then '; what they cost is unknown: its nodes are not on the bill' else '' end
    ) as detail
from {{ ref('fct_workload_cost_daily') }}
where split_rule = 'gpu_only' and gpu_hours_allocated > 0 and gpu_hours_active is not null
group by workload
