-- One row an incident: its times in an order that is possible. `resolved_at` never stands in for mitigated.
with emptied as (
    select
        incident_id,
        list(column_name) as columns
    from {{ ref('int_incidents__time_problems') }}
    group by incident_id
),

possible as (
    select
        times.incident_id,
        times.started_basis,
        case when not list_contains(coalesce(emptied.columns, []), 'started_at') then times.started_at end as started_at,
        times.detected_at,
        case when not list_contains(coalesce(emptied.columns, []), 'acknowledged_at') then times.acknowledged_at end as acknowledged_at,
        case when not list_contains(coalesce(emptied.columns, []), 'mitigated_at') then times.mitigated_at end as mitigated_at,
        case when not list_contains(coalesce(emptied.columns, []), 'resolved_at') then times.resolved_at end as resolved_at
    from {{ ref('int_incidents__stated_times') }} as times
    left join emptied on times.incident_id = emptied.incident_id
)

select
    incident_id,
    case when started_at is not null then started_basis end as started_basis,
    started_at,
    detected_at,
    acknowledged_at,
    mitigated_at,
    resolved_at,
    epoch(detected_at - started_at) / 60 as detection_minutes,
    case when mitigated_at >= detected_at then epoch(mitigated_at - detected_at) / 60 end as mitigation_minutes
from possible
