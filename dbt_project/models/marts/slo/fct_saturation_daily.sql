-- One row a day and service: how full it ran. A day without any gauge of it has no row.
with hours as (
    select
        service,
        hour,
        requests_waiting,
        requests_running,
        kv_cache_share,
        queue_p95_ms
    from {{ ref('int_sli__saturation_hourly') }}
)

select
    cast(hour as date) as day,
    service,
    avg(requests_waiting) as requests_waiting_mean,
    max(requests_waiting) as requests_waiting_max,
    avg(requests_running) as requests_running_mean,
    max(kv_cache_share) as kv_cache_share_max,
    count(*) filter (where kv_cache_share > 0.9) as kv_cache_hours_above_90,
    max(queue_p95_ms) as queue_p95_ms_max,
    count(*) as hours
from hours
group by all
