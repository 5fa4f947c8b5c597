-- One row a service, latency family, bucket epoch, day and bound: observations at or below the bound.
select
    service,
    family,
    bucket_epoch,
    cast(hour as date) as day,
    le,
    sum(increase) as increase
from {{ ref('int_sli__latency_buckets_hourly') }}
group by all
