-- One row a workload and day on which its pods held GPUs (day, workload): GPU-hour-weighted means of what the exporters measured.
select
    day,
    service,
    workload,
    kind,
    is_declared,
    sum(gpu_hours) as gpu_hours,
    sum(sm_active_weighted) / nullif(sum(gpu_hours_with_sm), 0) as sm_active_mean,
    sum(gpu_util_weighted) / nullif(sum(gpu_hours_with_util), 0) as gpu_util_mean,
    sum(gpu_hours_measured) / sum(gpu_hours) as measured_share,
    sum(gpu_hours_with_sm) as gpu_hours_with_sm,
    sum(gpu_hours_with_util) as gpu_hours_with_util,
    sum(sm_active_weighted) as sm_active_weighted,
    sum(gpu_util_weighted) as gpu_util_weighted
from {{ ref('int_allocation__pods') }}
where gpu_hours > 0
group by day, service, workload, kind, is_declared
