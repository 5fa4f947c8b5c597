-- One row an uninterrupted time in which a watched gauge was beyond its threshold (catalog.py names them), cut at midnight.
select
    source,
    cluster,
    threshold,
    node,
    gpu,
    namespace,
    pod,
    make_timestamp(epoch_us(started_at)) as started_at,
    make_timestamp(epoch_us(ended_at)) as ended_at,
    samples,
    peak
from {{ source('lake', 'threshold_windows') }}
