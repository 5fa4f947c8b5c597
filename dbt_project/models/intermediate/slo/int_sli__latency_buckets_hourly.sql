-- One row a service, latency family, bucket epoch, hour and bound: observations at or below the bound, pooled over the service's pods.
-- A bucket epoch is a set of bounds. Bounds change with the runtime's version; counts over different bounds are never added up.
with sources as (
    select
        service,
        sli_input as family,
        factor,
        source,
        series_id,
        day
    from {{ ref('int_sli__sources') }}
    where form = 'histogram'
),

buckets as (
    select
        sources.service,
        sources.family,
        histograms.source,
        histograms.histogram_id,
        histograms.bucket_start,
        round(histograms.le * sources.factor, 6) as le,
        histograms.increase
    from {{ ref('stg_metrics__histogram_5m') }} as histograms
    inner join sources
        on
            histograms.source = sources.source
            and histograms.histogram_id = sources.series_id
            and cast(histograms.bucket_start as date) = sources.day
),

bounds as (
    select
        source,
        histogram_id,
        bucket_start,
        -- a fingerprint of the set of bounds that does not depend on their order
        cast(sum(hash(le) % 4294967296) as varchar) as bucket_epoch
    from buckets
    group by source, histogram_id, bucket_start
)

select
    buckets.service,
    buckets.family,
    bounds.bucket_epoch,
    date_trunc('hour', buckets.bucket_start) as hour,
    buckets.le,
    sum(buckets.increase) as increase
from buckets
inner join bounds
    on
        buckets.source = bounds.source
        and buckets.histogram_id = bounds.histogram_id
        and buckets.bucket_start = bounds.bucket_start
group by all
