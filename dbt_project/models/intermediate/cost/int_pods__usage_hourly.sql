-- One row a pod and hour with cAdvisor metrics (cluster, namespace, pod, hour): cores and memory it really used.
-- Empty when nobody scrapes cAdvisor; the split rules then rest on requests.
with series as (
    select distinct
        cluster,
        series_id,
        coalesce(labels['container'], '') as container
    from {{ ref('stg_metrics__series') }}
    where metric in ('container_cpu_usage_seconds_total', 'container_memory_working_set_bytes') and pod is not null
),

cpu as (
    select
        counters.source,
        counters.cluster,
        coalesce(counters.namespace, '') as namespace,
        counters.pod,
        date_trunc('hour', counters.bucket_start) as hour,
        series.container,
        sum(counters.increase) / 3600 as cores,
        null::double as memory_gib
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join series on counters.cluster = series.cluster and counters.series_id = series.series_id
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            counters.source = repeated.source
            and counters.series_id = repeated.series_id
            and cast(counters.bucket_start as date) = repeated.day
    where counters.metric = 'container_cpu_usage_seconds_total'
    group by all
),

memory as (
    select
        gauges.source,
        gauges.cluster,
        coalesce(gauges.namespace, '') as namespace,
        gauges.pod,
        gauges.hour,
        series.container,
        null::double as cores,
        sum(gauges.mean) / pow(1024, 3) as memory_gib
    from {{ ref('stg_metrics__gauge_hourly') }} as gauges
    inner join series on gauges.cluster = series.cluster and gauges.series_id = series.series_id
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            gauges.source = repeated.source
            and gauges.series_id = repeated.series_id
            and cast(gauges.hour as date) = repeated.day
    where gauges.metric = 'container_memory_working_set_bytes'
    group by all
),

used as (
    select
        source,
        cluster,
        namespace,
        pod,
        hour,
        container,
        cores,
        memory_gib
    from cpu
    union all
    select
        source,
        cluster,
        namespace,
        pod,
        hour,
        container,
        cores,
        memory_gib
    from memory
),

-- The cgroup of the pod ('') repeats the sum of its containers, and POD is the pause container.
by_source as (
    select
        source,
        cluster,
        namespace,
        pod,
        hour,
        coalesce(sum(cores) filter (where container not in ('', 'POD')), sum(cores) filter (where container = '')) as cores,
        coalesce(
            sum(memory_gib) filter (where container not in ('', 'POD')), sum(memory_gib) filter (where container = '')
        ) as memory_gib
    from used
    group by all
)

select
    cluster,
    namespace,
    pod,
    hour,
    max(cores) as cores,
    max(memory_gib) as memory_gib
from by_source
group by all
