-- What people say of incidents; it wins over what was found.
select
    position,
    incident_id,
    mode,
    service,
    severity,
    make_timestamp(epoch_us(started_at)) as started_at,
    make_timestamp(epoch_us(detected_at)) as detected_at,
    make_timestamp(epoch_us(acknowledged_at)) as acknowledged_at,
    make_timestamp(epoch_us(mitigated_at)) as mitigated_at,
    make_timestamp(epoch_us(resolved_at)) as resolved_at,
    merge_into,
    is_incident,
    reason
from {{ source('lake', 'declared_incident_overrides') }}
