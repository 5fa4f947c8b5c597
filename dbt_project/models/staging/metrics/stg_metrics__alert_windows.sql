-- One row an uninterrupted time in which ALERTS was 1, cut at midnight.
select
    source,
    cluster,
    alert,
    state,
    labels,
    started_at at time zone 'UTC' as started_at,
    ended_at at time zone 'UTC' as ended_at,
    samples
from {{ source('lake', 'alert_windows') }}
