-- One row a PagerDuty log entry. Partitioned by the UTC day of created_at.
select
    source,
    log_entry_id,
    incident_id,
    entry_type,
    make_timestamp(epoch_us(created_at)) as created_at,
    channel_type,
    agent,
    summary,
    source_uri,
    deliveries
from {{ source('lake', 'pagerduty_log_entries') }}
