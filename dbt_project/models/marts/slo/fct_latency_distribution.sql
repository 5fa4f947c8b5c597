-- One row a service, latency indicator, bucket epoch and bucket: how many requests took at most so long. Epochs are never pooled.
with buckets as (
    select
        service,
        family as indicator,
        bucket_epoch,
        le as upper_bound_ms,
        min(day) as first_day,
        max(day) as last_day,
        sum(increase) as requests
    from {{ ref('int_sli__latency_buckets') }}
    group by all
),

totals as (
    select
        service,
        indicator,
        bucket_epoch,
        max(requests) as requests
    from buckets
    where isinf(upper_bound_ms)
    group by all
)

select
    buckets.service,
    buckets.indicator,
    buckets.bucket_epoch,
    buckets.first_day,
    buckets.last_day,
    cast(buckets.upper_bound_ms as double) as upper_bound_ms,
    cast(buckets.requests as double) as requests,
    cast(buckets.requests / totals.requests as double) as share
from buckets
inner join totals
    on
        buckets.service = totals.service
        and buckets.indicator = totals.indicator
        and buckets.bucket_epoch = totals.bucket_epoch
where totals.requests > 0
