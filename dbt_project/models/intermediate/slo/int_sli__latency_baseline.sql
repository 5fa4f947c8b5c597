-- One row a service, latency family and quantile: histogram_quantile over the whole window, and its day-block bootstrap interval.
-- Read from the headline epoch only: the set of bounds with the most events.
with headline as (
    select
        service,
        family,
        bucket_epoch
    from {{ ref('int_sli__bucket_epochs') }}
    where is_headline
),

buckets as (
    select
        buckets.service,
        buckets.family,
        buckets.day,
        buckets.le,
        buckets.increase
    from {{ ref('int_sli__latency_buckets') }} as buckets
    inner join headline
        on
            buckets.service = headline.service
            and buckets.family = headline.family
            and buckets.bucket_epoch = headline.bucket_epoch
),

wanted as (
    select unnest([0.5, 0.95, 0.99]) as q
    union
    select latency_percentile / 100 as q
    from {{ ref('stg_declared__services') }}
    where latency_percentile is not null
),

quantiles as (
    {{ histogram_quantile('buckets', ['service', 'family'], 'wanted') | indent(4) }}
),

resampled as (
    select
        buckets.service,
        buckets.family,
        resamples.resample,
        buckets.le,
        sum(buckets.increase * resamples.weight) as increase
    from buckets
    inner join {{ ref('int_sli__resamples') }} as resamples
        on buckets.service = resamples.service and buckets.family = resamples.sli_input and buckets.day = resamples.day
    group by all
),

resampled_quantiles as (
    {{ histogram_quantile('resampled', ['service', 'family', 'resample'], 'wanted') | indent(4) }}
),

intervals as (
    select
        service,
        family,
        q,
        quantile_cont(value, 0.025) as low,
        quantile_cont(value, 0.975) as high
    from resampled_quantiles
    group by service, family, q
),

days as (
    select
        service,
        family,
        count(distinct day) as n_days
    from buckets
    group by service, family
)

select
    quantiles.service,
    quantiles.family,
    quantiles.q as quantile,
    quantiles.value as latency_ms,
    intervals.low,
    intervals.high,
    quantiles.bucket_low,
    quantiles.bucket_high,
    quantiles.censored,
    quantiles.floored,
    quantiles.forced_monotonic,
    quantiles.total as events,
    days.n_days
from quantiles
inner join days
    on quantiles.service = days.service and quantiles.family = days.family
left join intervals
    on quantiles.service = intervals.service and quantiles.family = intervals.family and quantiles.q = intervals.q
