-- One row a PagerDuty alert. Partitioned by the UTC day of created_at.
select
    source,
    alert_id,
    incident_id,
    alert_key,
    summary,
    details,
    severity,
    created_at at time zone 'UTC' as created_at,
    resolved_at at time zone 'UTC' as resolved_at,
    source_uri,
    deliveries
from {{ source('lake', 'pagerduty_alerts') }}
