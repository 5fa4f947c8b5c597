-- Increase of classic histogram buckets in five minutes, cumulative in le as in Prometheus.
select
    source,
    cluster,
    histogram_id,
    metric,
    namespace,
    pod,
    labels,
    make_timestamp(epoch_us(bucket_start)) as bucket_start,
    le,
    increase,
    resets,
    samples
from {{ source('lake', 'histogram_5m') }}
