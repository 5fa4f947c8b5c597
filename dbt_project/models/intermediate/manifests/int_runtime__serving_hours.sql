-- One row a model in a pod and hour: how full its KV cache was, how many requests waited and ran, and how many were preempted.
-- A model server that names no model has one, called ''.
with gauges as (
    select
        gauges.cluster,
        gauges.namespace,
        gauges.pod,
        coalesce(series.labels['model_name'], series.labels['model'], '') as model,
        gauges.hour,
        max(gauges.max) filter (where signals.signal = 'cache_used') as cache_used_max,
        -- of the engines of one pod the worst; a queue that never emptied has a minimum above nothing
        max(gauges.min) filter (where signals.signal = 'waiting') as waiting_min,
        max(gauges.max) filter (where signals.signal = 'waiting') as waiting_max,
        max(gauges.max) filter (where signals.signal = 'running') as running_max,
        max(gauges.mean) filter (where signals.signal = 'running') as running_mean,
        min(gauges.coverage) as coverage
    from {{ ref('stg_metrics__gauge_hourly') }} as gauges
    inner join {{ ref('runtime_signals') }} as signals
        on gauges.metric = signals.metric
    inner join {{ ref('stg_metrics__series') }} as series
        on
            gauges.source = series.source
            and gauges.series_id = series.series_id
            and cast(gauges.hour as date) = cast(series.first_ts as date)
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            gauges.source = repeated.source
            and gauges.series_id = repeated.series_id
            and cast(gauges.hour as date) = repeated.day
    where gauges.pod is not null
    group by all
),

preempted as (
    select
        counters.cluster,
        counters.namespace,
        counters.pod,
        coalesce(series.labels['model_name'], series.labels['model'], '') as model,
        date_trunc('hour', counters.bucket_start) as hour,
        sum(counters.increase) as preemptions
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('runtime_signals') }} as signals
        on counters.metric = signals.metric and signals.signal = 'preemptions'
    inner join {{ ref('stg_metrics__series') }} as series
        on
            counters.source = series.source
            and counters.series_id = series.series_id
            and cast(counters.bucket_start as date) = cast(series.first_ts as date)
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            counters.source = repeated.source
            and counters.series_id = repeated.series_id
            and cast(counters.bucket_start as date) = repeated.day
    group by all
)

select
    gauges.cluster,
    gauges.namespace,
    gauges.pod,
    gauges.model,
    gauges.hour,
    gauges.cache_used_max,
    gauges.waiting_min,
    gauges.waiting_max,
    gauges.running_max,
    gauges.running_mean,
    gauges.coverage,
    preempted.preemptions
from gauges
left join preempted
    on
        gauges.cluster = preempted.cluster
        and gauges.namespace = preempted.namespace
        and gauges.pod = preempted.pod
        and gauges.model = preempted.model
        and gauges.hour = preempted.hour
