-- One row a workload: whether the daily mean of a GPU's utilisation hides hours at full load. A GPU-day counts when at least 12 of its
-- hours were sampled; it hides peaks when its busiest hours (95th percentile) reach 95 % and lie 30 points above its mean.
with hours as (
    select
        cast(gpu.hour as date) as day,
        gpu.cluster,
        gpu.node,
        gpu.gpu,
        coalesce(pods.workload, coalesce(gpu.namespace, '') || '/' || gpu.pod) as workload,
        gpu.gpu_util_mean
    from {{ ref('stg_metrics__gpu_hourly') }} as gpu
    left join {{ ref('int_workloads__pods') }} as pods
        on gpu.cluster = pods.cluster and coalesce(gpu.namespace, '') = pods.namespace and gpu.pod = pods.pod
    where gpu.pod is not null and gpu.gpu_util_mean is not null
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
        *,
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
)

select
    cluster as source,
    workload as subject,
    -- a day now and then is a busy day; a tenth of all days is a habit that the mean hides
    hiding_days < 0.1 * gpu_days as ok,
    coalesce(hiding_mean, all_mean) as console_value,
    coalesce(hiding_p95, all_p95) as true_value,
    'share' as unit,
    cast(null as double) as cost_at_stake,
    case
        when hiding_days = 0 then 'the daily mean is near the busiest hours'
        else
            'on ' || hiding_days || ' of ' || gpu_days || ' GPU-days (nodes ' || nodes || ') the daily mean is '
            || printf('%.0f %% while the busiest hours run at %.0f %%', 100 * hiding_mean, 100 * hiding_p95)
    end as detail
from workloads
