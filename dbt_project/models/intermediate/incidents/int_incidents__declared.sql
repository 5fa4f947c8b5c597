-- One row an incident of which people declared something, through any of its members; of two that say the same, the later in the list.
with overrides as (
    select * from {{ ref('stg_declared__incident_overrides') }}
)

select
    members.incident_id,
    arg_max(overrides.mode, overrides.position) filter (where overrides.mode is not null) as mode,
    arg_max(overrides.service, overrides.position) filter (where overrides.service is not null) as service,
    arg_max(overrides.severity, overrides.position) filter (where overrides.severity is not null) as severity,
    arg_max(overrides.started_at, overrides.position) filter (where overrides.started_at is not null) as started_at,
    arg_max(overrides.detected_at, overrides.position) filter (where overrides.detected_at is not null) as detected_at,
    arg_max(overrides.acknowledged_at, overrides.position) filter (where overrides.acknowledged_at is not null) as acknowledged_at,
    arg_max(overrides.mitigated_at, overrides.position) filter (where overrides.mitigated_at is not null) as mitigated_at,
    arg_max(overrides.resolved_at, overrides.position) filter (where overrides.resolved_at is not null) as resolved_at,
    arg_max(overrides.is_incident, overrides.position) filter (where overrides.is_incident is not null) as is_incident,
    arg_max(overrides.reason, overrides.position) filter (where overrides.reason is not null) as reason,
    list_sort(list_distinct(flatten(list(list_filter([
        if(overrides.mode is not null, 'mode', null),
        if(overrides.service is not null, 'service', null),
        if(overrides.severity is not null, 'severity', null),
        if(overrides.started_at is not null, 'started_at', null),
        if(overrides.detected_at is not null, 'detected_at', null),
        if(overrides.acknowledged_at is not null, 'acknowledged_at', null),
        if(overrides.mitigated_at is not null, 'mitigated_at', null),
        if(overrides.resolved_at is not null, 'resolved_at', null),
        if(overrides.merge_into is not null, 'merge_into', null),
        if(overrides.is_incident is not null, 'is_incident', null)
    ], lambda name: name is not null))))) as declared
from overrides
inner join {{ ref('int_incidents__members') }} as members on overrides.incident_id = members.member_id
group by members.incident_id
