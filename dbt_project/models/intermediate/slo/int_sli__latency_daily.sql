-- One row a service, latency family, day and quantile: histogram_quantile over the day's increases, in the epoch with most of its events.
{%- set keys = ['service', 'family', 'bucket_epoch', 'day'] %}
with buckets as (
    select
        service,
        family,
        bucket_epoch,
        day,
        le,
        increase
    from {{ ref('int_sli__latency_buckets') }}
),

wanted as (
    select unnest([0.5, 0.95, 0.99]) as q
    union
    select latency_percentile / 100 as q
    from {{ ref('stg_declared__services') }}
    where latency_percentile is not null
),

quantiles as (
    {{ histogram_quantile('buckets', keys, 'wanted') | indent(4) }}
)

select
    service,
    family,
    day,
    q as quantile,
    bucket_epoch,
    value as latency_ms,
    bucket_low,
    bucket_high,
    censored,
    floored,
    forced_monotonic,
    total as events
from quantiles
qualify row_number() over (partition by service, family, day, q order by total desc, bucket_epoch asc) = 1
