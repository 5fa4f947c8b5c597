-- One row an alert and an unbroken time in which it fired in one place, with what became of it: part of an incident, or what it is instead.
select
    alerts.member_id as alert_id,
    alerts.alert,
    alerts.severity,
    alerts.cluster,
    alerts.source,
    alerts.started_at,
    alerts.ended_at,
    epoch(alerts.ended_at - alerts.started_at) / 60 as firing_minutes,
    alerts.series,
    coalesce(candidates.services, []) as services,
    coalesce(candidates.nodes, []) as nodes,
    coalesce(candidates.mode, 'unknown_other') as mode,
    members.incident_id,
    members.reason as merge_reason,
    case
        when alerts.is_heartbeat then 'heartbeat'
        when members.incident_id is not null then 'part_of_incident'
        when alerts.is_suppressed then 'silenced'
        when alerts.is_informational then 'informational'
        else 'unattended'
    end as verdict,
    alerts.time_problem
from {{ ref('int_incidents__alerts') }} as alerts
left join {{ ref('int_incidents__candidates') }} as candidates on alerts.member_id = candidates.part_id
left join {{ ref('int_incidents__members') }} as members on alerts.member_id = members.member_id
