-- One row a service, SLI and five minutes with samples: good and total events.
-- The SLIs are availability, and latency within a threshold that is a bucket bound.
with sources as (
    select
        service,
        sli_input,
        outcome,
        factor,
        source,
        series_id,
        day
    from {{ ref('int_sli__sources') }}
    where sli_input in ('requests_by_status', 'e2e')
),

thresholds as (
    select distinct
        service,
        sli,
        threshold_ms
    from {{ ref('int_sli__latency_thresholds') }}
    where is_bound
),

availability as (
    select
        sources.service,
        'availability' as sli,
        counters.bucket_start,
        -- an increase that is missing is no increase of 0: the sum stays null when all of them are
        sum(case
            when sources.outcome in ('good', 'all') then counters.increase
            when sources.outcome = 'bad_of_all' then -counters.increase
            when counters.increase is not null then 0
        end) as good,
        sum(case when sources.outcome <> 'bad_of_all' then counters.increase end) as total
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join sources
        on
            counters.source = sources.source
            and counters.series_id = sources.series_id
            and cast(counters.bucket_start as date) = sources.day
    where sources.sli_input = 'requests_by_status'
    group by sources.service, counters.bucket_start
),

-- Exact: the bucket at the threshold over all observations, in every histogram that has that bound.
within as (
    select
        sources.service,
        thresholds.sli,
        histograms.source,
        histograms.histogram_id,
        histograms.bucket_start,
        sum(histograms.increase) filter (where not isinf(histograms.le)) as good,
        sum(histograms.increase) filter (where isinf(histograms.le)) as total
    from {{ ref('stg_metrics__histogram_5m') }} as histograms
    inner join sources
        on
            histograms.source = sources.source
            and histograms.histogram_id = sources.series_id
            and cast(histograms.bucket_start as date) = sources.day
    inner join thresholds
        on
            sources.service = thresholds.service
            and (isinf(histograms.le) or abs(histograms.le * sources.factor - thresholds.threshold_ms) <= 1e-9 * thresholds.threshold_ms)
    where sources.sli_input = 'e2e'
    group by all
),

latency as (
    select
        service,
        sli,
        bucket_start,
        -- a scrape can catch a bucket before the total; the next one makes up for it, so nothing is cut here
        sum(good) as good,
        sum(total) as total
    from within
    where good is not null and total is not null
    group by service, sli, bucket_start
)

select
    service,
    sli,
    bucket_start,
    good,
    total
from availability
where total is not null
union all
select
    service,
    sli,
    bucket_start,
    good,
    total
from latency
