-- One row an uninterrupted time in which ALERTS was 1, cut at midnight.
select
    source,
    cluster,
    alert,
    state,
    labels,
    make_timestamp(epoch_us(started_at)) as started_at,
    make_timestamp(epoch_us(ended_at)) as ended_at,
    samples
from {{ source('lake', 'alert_windows') }}
