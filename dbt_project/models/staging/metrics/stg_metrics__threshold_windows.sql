-- One row an uninterrupted time in which a watched gauge was beyond its threshold (catalog.py names them), cut at midnight.
select
    source,
    cluster,
    threshold,
    node,
    gpu,
    namespace,
    pod,
    started_at at time zone 'UTC' as started_at,
    ended_at at time zone 'UTC' as ended_at,
    samples,
    peak
from {{ source('lake', 'threshold_windows') }}
