-- One row a workload: whether the daily mean of a GPU's utilisation hides hours at full load. A GPU-day counts when at least 12 of its
-- hours were sampled; it hides peaks when its busiest hours (95th percentile) reach 95 % and lie 30 points above its mean.
with hours as (
    select
        cast(gpus.hour as date) as day,
        gpus.cluster,
        gpus.node,
        gpus.gpu,
        pods.workload,
        gpus.gpu_util_mean
    from {{ ref('int_gpus__hourly') }} as gpus
    inner join {{ ref('int_workloads__pods') }} as pods
        on gpus.cluster = pods.cluster and gpus.namespace = pods.namespace and gpus.pod = pods.pod
    where gpus.gpu_util_mean is not null
),

gpu_days as (
    select
        cluster,
        workload,
        node,
        gpu,
        day,
        avg(gpu_util_mean) as daily_mean,
        quantile_cont(gpu_util_mean, 0.95) as daily_p95
    from hours
    group by all
    having count(*) >= 12
),

judged as (
    select
        cluster,
        workload,
        node,
        daily_mean,
        daily_p95,
        daily_p95 >= 0.95 and daily_p95 - daily_mean > 0.3 as hides_peaks
    from gpu_days
),

workloads as (
    select
        cluster,
        workload,
        count(*) as gpu_days,
        count(*) filter (where hides_peaks) as hiding_days,
        avg(daily_mean) filter (where hides_peaks) as hiding_mean,
        avg(daily_p95) filter (where hides_peaks) as hiding_p95,
        avg(daily_mean) as all_mean,
        avg(daily_p95) as all_p95,
        string_agg(distinct node, ', ' order by node) filter (where hides_peaks) as nodes
    from judged
    group by all
),

costs as (
    select
        workload,
        cast(sum(allocated_cost) as double) as cost
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
    group by workload
)

select
    workloads.cluster as source,
    workloads.workload as subject,
    -- a day now and then is a busy day; a tenth of all days is a habit that the mean hides
    workloads.hiding_days < 0.1 * workloads.gpu_days as ok,
    coalesce(workloads.hiding_mean, workloads.all_mean) as console_value,
    coalesce(workloads.hiding_p95, workloads.all_p95) as true_value,
    'share' as unit,
    costs.cost * workloads.hiding_days / workloads.gpu_days as cost_at_stake,
    case
        when workloads.hiding_days = 0 then 'the daily mean is near the busiest hours'
        else
            'on ' || workloads.hiding_days || ' of ' || workloads.gpu_days || ' GPU-days (nodes ' || workloads.nodes
            || ') the daily mean is '
            || printf('%.0f %% while the busiest hours run at %.0f %%', 100 * workloads.hiding_mean, 100 * workloads.hiding_p95)
    end as detail
from workloads
left join costs
    on workloads.workload = costs.workload
