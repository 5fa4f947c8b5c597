-- One row a workload, role and hour in which its counter was scraped (workload, role, hour).
with buckets as (
    select
        series.service,
        series.workload,
        series.kind,
        series.role,
        series.metric,
        counters.bucket_start,
        counters.increase
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('int_units__series') }} as series
        on counters.cluster = series.cluster and counters.series_id = series.series_id
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            counters.source = repeated.source
            and counters.series_id = repeated.series_id
            and cast(counters.bucket_start as date) = repeated.day
)

select
    service,
    workload,
    kind,
    role,
    date_trunc('hour', bucket_start) as hour,
    string_agg(distinct metric, ', ' order by metric) as counters,
    sum(increase) as amount
from buckets
group by all
