-- One row a workload, role and hour in which its counter was scraped (workload, role, hour).
with buckets as (
    -- two sources that scrape one target report one increase twice
    select
        series.service,
        series.workload,
        series.kind,
        series.role,
        series.metric,
        counters.series_id,
        counters.bucket_start,
        max(counters.increase) as increase
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('int_units__series') }} as series
        on counters.cluster = series.cluster and counters.series_id = series.series_id
    group by all
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
