-- One row a series seen that day.
select
    source,
    cluster,
    series_id,
    metric,
    metric_type,
    labels,
    namespace,
    pod,
    make_timestamp(epoch_us(first_ts)) as first_ts,
    make_timestamp(epoch_us(last_ts)) as last_ts,
    first_value,
    last_value,
    samples,
    interval_seconds,
    longest_gap_seconds
from {{ source('lake', 'series') }}
