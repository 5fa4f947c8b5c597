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
    first_ts at time zone 'UTC' as first_ts,
    last_ts at time zone 'UTC' as last_ts,
    first_value,
    last_value,
    samples,
    interval_seconds,
    longest_gap_seconds
from {{ source('lake', 'series') }}
