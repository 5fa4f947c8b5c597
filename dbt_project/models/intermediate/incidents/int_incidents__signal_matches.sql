-- One row an incident and something that metrics saw where and when it happened. What was seen on a node or pod that people name counts in
-- full; what was seen on a pod of a service that they name, half. A driver change counts for the day after it.
select
    merged.incident_id,
    signals.mode,
    signals.detail,
    max(
        case
            when list_contains(merged.nodes, signals.node) or list_contains(merged.pods, signals.pod) then signals.weight
            else signals.weight / 2
        end
    ) as weight,
    arg_min(signals.words, signals.hour) as words
from {{ ref('int_incidents__merged') }} as merged
inner join {{ ref('int_incidents__signals') }} as signals
    on
        merged.last_at >= signals.hour
        and merged.begun_at <= signals.hour + if(signals.detail = 'driver_changed', interval 24 hour, interval 1 hour)
where
    list_contains(merged.nodes, signals.node)
    or list_contains(merged.pods, signals.pod)
    or list_contains(merged.services, signals.service)
group by merged.incident_id, signals.mode, signals.detail
