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

histograms as (
    select
        source,
        histogram_id,
        bucket_start,
        le,
        increase
    from {{ ref('stg_metrics__histogram_5m') }}
    where metric in (select metric from {{ ref('metric_aliases') }} where form = 'histogram')
),

-- Reduced to hours before anything is joined: ten times faster than the other way round.
hours as (
    select
        source,
        histogram_id,
        date_trunc('hour', bucket_start) as hour,
        le,
        sum(increase) as increase,
        count(*) as slots
    from histograms
    group by all
),

-- A bound that is missing from some slots of an hour: the set of bounds changed in it, and the hour is read slot by slot.
shapes as (
    select
        source,
        histogram_id,
        hour,
        min(slots) = max(slots) as is_uniform,
        -- a fingerprint of the set that does not depend on the order of bounds
        sum(hash(le) % 4294967296) as bounds
    from hours
    group by all
),

changing as (
    select
        histograms.source,
        histograms.histogram_id,
        shapes.hour,
        histograms.le,
        histograms.increase,
        sum(hash(histograms.le) % 4294967296)
            over (partition by histograms.source, histograms.histogram_id, histograms.bucket_start) as bounds
    from histograms
    inner join shapes
        on
            histograms.source = shapes.source
            and histograms.histogram_id = shapes.histogram_id
            and date_trunc('hour', histograms.bucket_start) = shapes.hour
    where not shapes.is_uniform
),

shaped as (
    select
        hours.source,
        hours.histogram_id,
        hours.hour,
        hours.le,
        hours.increase,
        shapes.bounds
    from hours
    inner join shapes
        on hours.source = shapes.source and hours.histogram_id = shapes.histogram_id and hours.hour = shapes.hour
    where shapes.is_uniform
    union all
    select
        source,
        histogram_id,
        hour,
        le,
        increase,
        bounds
    from changing
)

select
    sources.service,
    sources.family,
    cast(shaped.bounds as varchar) || '/' || cast(sources.factor as integer) as bucket_epoch,
    shaped.hour,
    round(shaped.le * sources.factor, 6) as le,
    sum(shaped.increase) as increase
from shaped
inner join sources
    on
        shaped.source = sources.source
        and shaped.histogram_id = sources.series_id
        and cast(shaped.hour as date) = sources.day
group by all
