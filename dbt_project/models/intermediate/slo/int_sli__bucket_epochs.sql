-- One row a service, latency family and bucket epoch: its bounds, when it was seen, and whether the headline is read from it.
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

epochs as (
    select
        service,
        family,
        bucket_epoch,
        list(distinct le order by le) filter (where not isinf(le)) as bounds_ms,
        min(day) as first_day,
        max(day) as last_day,
        count(distinct day) as days,
        coalesce(sum(increase) filter (where isinf(le)), 0) as events
    from buckets
    group by service, family, bucket_epoch
)

select
    *,
    events / nullif(sum(events) over (partition by service, family), 0) as share_of_events,
    row_number() over (partition by service, family order by events desc, last_day desc, bucket_epoch asc) = 1 as is_headline
from epochs
