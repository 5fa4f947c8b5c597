-- One row a PagerDuty alert. Partitioned by the UTC day of created_at.
select
    source,
    alert_id,
    incident_id,
    alert_key,
    summary,
    details,
    severity,
    make_timestamp(epoch_us(created_at)) as created_at,
    make_timestamp(epoch_us(resolved_at)) as resolved_at,
    source_uri,
    deliveries
from {{ source('lake', 'pagerduty_alerts') }}
