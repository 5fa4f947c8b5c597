-- Raw increase of a counter in five minutes: positive deltas plus the value after a reset; it belongs to the later sample.
select
    source,
    cluster,
    series_id,
    metric,
    namespace,
    pod,
    make_timestamp(epoch_us(bucket_start)) as bucket_start,
    increase,
    resets,
    samples
from {{ source('lake', 'counter_5m') }}
