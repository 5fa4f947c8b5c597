-- One row a workload with GPU memory and activity measured: whether GPUs with full memory work. Weights stay in memory while nobody asks;
-- an hour counts when half the memory is used and less than 5 % of the GPU's time. A fifth of the hours is ordinary (nights, start-up).
with hours as (
    select
        gpus.cluster,
        gpus.node,
        gpus.hour,
        pods.workload,
        gpus.share,
        gpus.fb_used_share,
        coalesce(gpus.gpu_util_mean, gpus.sm_active_mean) as activity,
        gpus.fb_used_share > 0.5 and coalesce(gpus.gpu_util_mean, gpus.sm_active_mean) < 0.05 as sits
    from {{ ref('int_gpus__hourly') }} as gpus
    inner join {{ ref('int_workloads__pods') }} as pods
        on gpus.cluster = pods.cluster and gpus.namespace = pods.namespace and gpus.pod = pods.pod
    where gpus.fb_used_share is not null and coalesce(gpus.gpu_util_mean, gpus.sm_active_mean) is not null
),

workloads as (
    select
        hours.cluster,
        hours.workload,
        sum(hours.share) as gpu_hours,
        coalesce(sum(hours.share) filter (where hours.sits), 0) as sitting_hours,
        avg(hours.fb_used_share) filter (where hours.sits) as memory_share,
        avg(hours.activity) filter (where hours.sits) as activity,
        sum(hours.share * costs.cost / nullif(costs.gpus, 0)) filter (where hours.sits) as cost,
        string_agg(distinct hours.node, ', ' order by hours.node) filter (where hours.sits) as nodes
    from hours
    left join {{ ref('int_nodes__hourly_cost') }} as costs
        on hours.cluster = costs.cluster and hours.node = costs.node and hours.hour = costs.hour
    group by all
)

select
    cluster as source,
    workload as subject,
    sitting_hours <= 0.2 * gpu_hours as ok,
    memory_share as console_value,
    activity as true_value,
    'share' as unit,
    cost as cost_at_stake,
    coalesce(
        printf(
            'in %.0f of %.0f GPU-hours (nodes %s) memory is %.0f %% full and the GPUs work %.1f %% of the time',
            sitting_hours, gpu_hours, nodes, 100 * memory_share, 100 * activity
        ), 'where its memory is full, its GPUs work'
    ) || case when cost is null and sitting_hours > 0 then '; what they cost is unknown: their nodes are not on the bill' else '' end
        as detail
from workloads
