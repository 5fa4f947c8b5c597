-- One row an override in audit.yaml, with what became of it. An id that nothing has is a finding: it may be a typing error, or of another
-- window.
with members as (
    select
        member_id,
        incident_id
    from {{ ref('int_incidents__members') }}
)

select
    overrides.position,
    overrides.incident_id as declared_id,
    members.incident_id,
    concat_ws(
        ', ',
        'mode ' || cast(overrides.mode as varchar),
        'service ' || cast(overrides.service as varchar),
        'severity ' || cast(overrides.severity as varchar),
        'started_at ' || cast(overrides.started_at as varchar),
        'detected_at ' || cast(overrides.detected_at as varchar),
        'acknowledged_at ' || cast(overrides.acknowledged_at as varchar),
        'mitigated_at ' || cast(overrides.mitigated_at as varchar),
        'resolved_at ' || cast(overrides.resolved_at as varchar),
        'merge_into ' || cast(overrides.merge_into as varchar),
        'is_incident ' || cast(overrides.is_incident as varchar)
    ) as declared,
    overrides.reason,
    case
        when members.member_id is null or (overrides.merge_into is not null and targets.member_id is null) then 'unknown_incident'
        else 'applied'
    end as state
from {{ ref('stg_declared__incident_overrides') }} as overrides
left join members on overrides.incident_id = members.member_id
left join members as targets on overrides.merge_into = targets.member_id
