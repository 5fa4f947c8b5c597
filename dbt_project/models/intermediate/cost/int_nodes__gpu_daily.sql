-- One row a GPU and day (cluster, node, gpu, day).
with gpu_hours as (
    select
        cluster,
        node,
        gpu,
        any_value(gpu_uuid) as gpu_uuid,
        any_value(gpu_model) as gpu_model,
        hour,
        sum(share * sm_active_mean) / sum(share) filter (where sm_active_mean is not null) as sm_active_mean,
        sum(share * gpu_util_mean) / sum(share) filter (where gpu_util_mean is not null) as gpu_util_mean,
        max(gpu_util_p95) as gpu_util_p95,
        sum(samples) as samples
    from {{ ref('int_gpus__hourly') }}
    group by cluster, node, gpu, hour
)

select
    cluster,
    node,
    gpu,
    cast(hour as date) as day,
    any_value(gpu_uuid) as gpu_uuid,
    any_value(gpu_model) as gpu_model,
    sum(samples * gpu_util_mean) / sum(samples) filter (where gpu_util_mean is not null) as gpu_util_mean,
    quantile_cont(gpu_util_p95, 0.95) as gpu_util_p95,
    sum(samples * sm_active_mean) / sum(samples) filter (where sm_active_mean is not null) as sm_active_mean,
    count(*) as hours,
    sum(samples) as samples
from gpu_hours
group by cluster, node, gpu, cast(hour as date)
