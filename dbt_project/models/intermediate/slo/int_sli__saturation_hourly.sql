-- One row a service and hour: requests that wait and run, how full the KV cache is, and the work done meanwhile.
-- Waiting and running add up over replicas; the cache is the fullest replica's, because one full replica already makes its callers wait.
with gauges as (
    select
        sources.service,
        sources.sli_input,
        hours.hour,
        sum(hours.mean * sources.factor) as total,
        max(hours.max * sources.factor) as highest
    from {{ ref('stg_metrics__gauge_hourly') }} as hours
    inner join {{ ref('int_sli__sources') }} as sources
        on
            hours.source = sources.source
            and hours.series_id = sources.series_id
            and cast(hours.hour as date) = sources.day
    where sources.form = 'gauge'
    group by all
),

levels as (
    select
        service,
        hour,
        any_value(total) filter (where sli_input = 'requests_waiting') as requests_waiting,
        any_value(total) filter (where sli_input = 'requests_running') as requests_running,
        any_value(highest) filter (where sli_input = 'kv_cache') as kv_cache_share
    from gauges
    group by service, hour
),

counted as (
    select
        sources.service,
        date_trunc('hour', counters.bucket_start) as hour,
        sum(counters.increase) filter (where sources.sli_input = 'requests_finished') as requests_finished,
        sum(counters.increase) filter (where sources.sli_input = 'output_tokens') as output_tokens
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('int_sli__sources') }} as sources
        on
            counters.source = sources.source
            and counters.series_id = sources.series_id
            and cast(counters.bucket_start as date) = sources.day
    where sources.sli_input in ('requests_finished', 'output_tokens')
    group by all
),

queued as (
    select
        service,
        hour,
        latency_ms as queue_p95_ms,
        events
    from {{ ref('int_sli__latency_hourly') }}
    where family = 'queue' and quantile = 0.95
    qualify row_number() over (partition by service, hour order by events desc, bucket_epoch asc) = 1
)

select
    coalesce(levels.service, queued.service) as service,
    coalesce(levels.hour, queued.hour) as hour,
    levels.requests_waiting,
    levels.requests_running,
    levels.kv_cache_share,
    queued.queue_p95_ms,
    coalesce(counted.requests_finished, queued.events) / 3600 as requests_per_second,
    counted.output_tokens / 3600 as output_tokens_per_second
from levels
full outer join queued
    on levels.service = queued.service and levels.hour = queued.hour
left join counted
    on coalesce(levels.service, queued.service) = counted.service and coalesce(levels.hour, queued.hour) = counted.hour
