-- One row a service, SLI input and day: how many slots have samples, how far apart slots are, and the share of the day they cover.
with sources as (
    select
        service,
        sli_input,
        form,
        source,
        series_id,
        day
    from {{ ref('int_sli__sources') }}
),

slots as (
    select distinct
        sources.service,
        sources.sli_input,
        sources.day,
        counters.bucket_start
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join sources
        on
            counters.source = sources.source
            and counters.series_id = sources.series_id
            and cast(counters.bucket_start as date) = sources.day
    where sources.form = 'counter'
    union
    select distinct
        sources.service,
        sources.sli_input,
        sources.day,
        histograms.bucket_start
    from {{ ref('stg_metrics__histogram_5m') }} as histograms
    inner join sources
        on
            histograms.source = sources.source
            and histograms.histogram_id = sources.series_id
            and cast(histograms.bucket_start as date) = sources.day
    where sources.form = 'histogram' and histograms.le = cast('infinity' as double)
),

distances as (
    select
        service,
        sli_input,
        day,
        bucket_start,
        epoch(bucket_start - lag(bucket_start) over (partition by service, sli_input, day order by bucket_start)) as seconds
    from slots
)

select
    service,
    sli_input,
    day,
    count(*) as slots,
    -- samples further apart than five minutes leave empty slots: the usual distance is the resolution of the day
    coalesce(median(seconds), 300) as slot_seconds,
    least(1, count(*) * coalesce(median(seconds), 300) / 86400) as coverage
from distances
group by service, sli_input, day
