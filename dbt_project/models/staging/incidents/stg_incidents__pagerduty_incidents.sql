-- One row a PagerDuty incident, the newest version seen. Partitioned by the UTC day of created_at.
select
    source,
    incident_id,
    incident_number,
    title,
    description,
    status,
    urgency,
    priority,
    incident_key,
    service_id,
    service_name,
    escalation_policy,
    created_at at time zone 'UTC' as created_at,
    resolved_at at time zone 'UTC' as resolved_at,
    source_uri,
    deliveries
from {{ source('lake', 'pagerduty_incidents') }}
