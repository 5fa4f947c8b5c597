-- One row a day, cluster and workload: how busy the GPUs were that its pods held. `__unheld__` are GPUs that no pod held.
with hours as (
    select
        cast(gpu.hour as date) as day,
        gpu.cluster,
        pods.service,
        case
            when gpu.pod is null then '__unheld__' else
                coalesce(pods.workload, 'undeclared:' || coalesce(gpu.namespace, '') || '/' || gpu.pod)
        end
            as workload,
        pods.kind,
        -- a pod that held the GPU for a part of the hour has that part of its samples
        least(coalesce(gpu.coverage, 1), 1) as gpu_hours,
        gpu.gpu_util_mean,
        gpu.sm_active_mean,
        gpu.fb_used_share_max,
        gpu.gpu_temp_max,
        gpu.power_watts_mean
    from {{ ref('stg_metrics__gpu_hourly') }} as gpu
    left join {{ ref('int_workloads__pods') }} as pods
        on gpu.cluster = pods.cluster and coalesce(gpu.namespace, '') = pods.namespace and gpu.pod = pods.pod
)

select
    day,
    cluster,
    any_value(service) as service,
    workload,
    any_value(kind) as kind,
    sum(gpu_hours) as gpu_hours,
    sum(gpu_hours) filter (where gpu_util_mean is not null) as gpu_util_measured_hours,
    sum(gpu_hours * gpu_util_mean) as gpu_util_hours,
    sum(gpu_hours) filter (where sm_active_mean is not null) as sm_active_measured_hours,
    sum(gpu_hours * sm_active_mean) as sm_active_hours,
    max(fb_used_share_max) as fb_used_share_max,
    max(gpu_temp_max) as gpu_temp_max,
    sum(gpu_hours * power_watts_mean) / 1000 as energy_kwh
from hours
group by day, cluster, workload
