-- Grain: one row a GPU (or MIG slice), pod and hour. GPU_UTIL is percent and becomes a share; SM_ACTIVE is a share already.
with by_metric as (
    select
        gpu_series.holding,
        make_timestamp(hourly.hour) as hour,
        gpu_series.metric,
        sum(hourly.total) / sum(hourly.samples) as mean,
        max(hourly.max) as max,
        arg_max(hourly.last, hourly.last_ts) as last,
        sum(hourly.samples) as samples
    from hourly
    inner join gpu_series using (series_id)
    group by all
),

by_hour as (
    select
        holding,
        hour,
        max(mean) filter (where metric = $sm_active) as sm_active_mean,
        max(max) filter (where metric = $sm_active) as sm_active_max,
        max(mean) filter (where metric = $gpu_util) / 100 as gpu_util_mean,
        max(max) filter (where metric = $gpu_util) / 100 as gpu_util_max,
        max(mean) filter (where metric = $fb_used) as fb_used_mib_mean,
        max(mean) filter (where metric = $power) as power_watts_mean,
        max(max) filter (where metric = $temperature) as gpu_temp_max,
        max(last) filter (where metric = $xid) as xid_last,
        coalesce(max(samples) filter (where metric = $sm_active), 0) as sm_active_samples,
        coalesce(max(samples) filter (where metric = $gpu_util), 0) as gpu_util_samples,
        max(samples) as samples
    from by_metric
    group by holding, hour
),

percentiles as (
    select gpu_series.holding, time_bucket(interval 1 hour, make_timestamp(epoch_us(samples.ts))) as hour, quantile_cont(samples.value, 0.95) / 100 as p95
    from samples
    inner join gpu_series using (series_id)
    where gpu_series.metric = $gpu_util and isfinite(samples.value)
    group by all
),

memory as (
    select holding, time_bucket(interval 1 hour, make_timestamp(ts)) as hour, max(share) as share
    from gpu_memory
    group by all
),

throttling as (
    select gpu_series.holding, time_bucket(interval 1 hour, make_timestamp(increments.bucket_start)) as hour, sum(increments.increase) as increase
    from increments
    inner join gpu_series using (series_id)
    where gpu_series.metric = $thermal_violation
    group by all
),

present as (
    select holding, hour from by_hour
    union
    select holding, hour from throttling
)

select
    $source as source,
    $cluster as cluster,
    holdings.node,
    holdings.gpu,
    holdings.gpu_uuid,
    holdings.gpu_model,
    holdings.mig_profile,
    holdings.mig_instance,
    holdings.namespace,
    holdings.pod,
    present.hour,
    by_hour.sm_active_mean,
    by_hour.sm_active_max,
    by_hour.gpu_util_mean,
    percentiles.p95 as gpu_util_p95,
    by_hour.gpu_util_max,
    by_hour.fb_used_mib_mean,
    memory.share as fb_used_share_max,
    by_hour.power_watts_mean,
    by_hour.gpu_temp_max,
    by_hour.xid_last,
    throttling.increase as thermal_violation_increase,
    coalesce(by_hour.sm_active_samples, 0) as sm_active_samples,
    coalesce(by_hour.gpu_util_samples, 0) as gpu_util_samples,
    coalesce(by_hour.samples, 0) as samples,
    least(1.0, coalesce(by_hour.samples, 0) * holdings.interval_seconds / 3600) as coverage
from present
inner join holdings using (holding)
left join by_hour using (holding, hour)
left join percentiles using (holding, hour)
left join memory using (holding, hour)
left join throttling using (holding, hour)
order by node, gpu, mig_instance, namespace, pod, hour
