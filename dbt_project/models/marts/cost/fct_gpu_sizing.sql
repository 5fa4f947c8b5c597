-- One row a workload: whether the GPUs that its pods hold are more or fewer than its busiest hours need.
{# What a GPU is loaded to when it is sized well; the rest is headroom. #}
{%- set target_activity = 0.8 %}
{# An hour in which the GPUs have nothing left to give. #}
{%- set saturated_activity = 0.95 %}
with hours as (
    select
        service,
        workload,
        kind,
        hour,
        sum(gpu_hours) as gpus_held,
        sum(gpu_hours_measured) as gpus_measured,
        sum(gpu_hours_active) as gpus_active,
        sum(gpu_only_cost) as cost
    from {{ ref('int_allocation__pods') }}
    where gpu_hours > 0
    group by all
),

-- an hour is judged when at least nine tenths of what was held was measured
judged as (
    select
        service,
        workload,
        kind,
        gpus_held,
        cost,
        case when gpus_measured >= 0.9 * gpus_held then gpus_active / gpus_measured end as activity
    from hours
),

workloads as (
    select
        service,
        workload,
        kind,
        avg(gpus_held) as gpus_held_mean,
        count(activity) / count(*) as hours_measured_share,
        avg(activity) as activity_mean,
        quantile_cont(activity, 0.95) as activity_p95,
        avg(if(activity >= {{ saturated_activity }}, 1, 0)) filter (where activity is not null) as hours_saturated_share,
        sum(cost) as cost
    from judged
    group by all
),

sized as (
    select
        service,
        workload,
        kind,
        gpus_held_mean,
        hours_measured_share,
        activity_mean,
        activity_p95,
        hours_saturated_share,
        cost,
        case when hours_measured_share >= 0.5 then gpus_held_mean * activity_p95 / {{ target_activity }} end as gpus_needed
    from workloads
)

select
    service,
    workload,
    kind,
    cast(gpus_held_mean as double) as gpus_held_mean,
    cast(gpus_needed as double) as gpus_needed,
    cast(activity_mean as double) as activity_mean,
    cast(activity_p95 as double) as activity_p95,
    cast(hours_saturated_share as double) as hours_saturated_share,
    cast(hours_measured_share as double) as hours_measured_share,
    case
        when gpus_needed is null then 'unmeasured'
        when hours_saturated_share >= 0.05 then 'under_provisioned'
        when gpus_needed <= 0.5 * gpus_held_mean then 'over_provisioned'
        else 'balanced'
    end as verdict,
    cast(case when gpus_needed < gpus_held_mean then cost * (1 - gpus_needed / gpus_held_mean) end as decimal(18, 6)) as cost_beyond_need
from sized
