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
    make_timestamp(epoch_us(created_at)) as created_at,
    make_timestamp(epoch_us(resolved_at)) as resolved_at,
    source_uri,
    deliveries
from {{ source('lake', 'pagerduty_incidents') }}
