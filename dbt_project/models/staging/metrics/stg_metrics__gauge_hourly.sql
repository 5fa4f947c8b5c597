-- Hourly reduction of every other gauge (queues, KV cache, quotas, …).
select
    source,
    cluster,
    series_id,
    metric,
    namespace,
    pod,
    make_timestamp(epoch_us(hour)) as hour,
    mean,
    min,
    max,
    last,
    samples,
    coverage
from {{ source('lake', 'gauge_hourly') }}
