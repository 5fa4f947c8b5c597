-- One row a firing of an alert, as Alertmanager tells it, the newest delivery. Partitioned by the UTC day of started_at.
select
    source,
    fingerprint,
    alert,
    severity,
    state,
    labels,
    text,
    receiver,
    group_key_sha256,
    make_timestamp(epoch_us(started_at)) as started_at,
    make_timestamp(epoch_us(ended_at)) as ended_at,
    time_problem,
    source_uri,
    deliveries
from {{ source('lake', 'alertmanager_alerts') }}
