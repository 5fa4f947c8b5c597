-- One row an incident and a page, conversation, alert or threshold crossing that belongs to it, with the reason. A crossing that belongs to
-- none is one by itself; an alert that belongs to none is no incident.
with merged as (
    select * from {{ ref('int_incidents__merged') }}
),

-- A crossing belongs to the nearest incident, up to two hours away, that has its mode or names its node or pod.
near_crossings as (
    select
        crossings.member_id,
        merged.incident_id,
        case
            when list_contains(merged.pods, lower(crossings.pod)) then 'names_the_pod'
            when list_contains(merged.nodes, lower(crossings.node)) then 'names_the_node'
            else 'same_mode_within_2h'
        end as reason
    from {{ ref('int_incidents__crossings') }} as crossings
    inner join merged
        on
            list_contains(merged.modes, crossings.mode)
            or list_contains(merged.nodes, lower(crossings.node))
            or list_contains(merged.pods, lower(crossings.pod))
    where
        crossings.started_at <= merged.last_at + interval 2 hour
        and crossings.ended_at >= merged.begun_at - interval 2 hour
    qualify row_number() over (
        partition by crossings.member_id
        order by reason = 'same_mode_within_2h', abs(epoch(crossings.started_at - merged.first_at)), merged.incident_id
    ) = 1
),

parts as (
    select
        incident_id,
        unnest(part_ids) as part_id
    from merged
),

told as (
    select
        parts.incident_id,
        candidates.source_kind as source,
        candidates.part_id as member_id,
        case
            when candidates.part_id = parts.incident_id then 'first'
            else coalesce(
                (
                    select string_agg(distinct links.reason, ', ' order by links.reason)
                    from {{ ref('int_incidents__links') }} as links
                    where candidates.part_id in (links.one, links.other)
                ),
                'first'
            )
        end as reason
    from parts
    inner join {{ ref('int_incidents__candidates') }} as candidates on parts.part_id = candidates.part_id
),

crossed as (
    select
        coalesce(near_crossings.incident_id, crossings.member_id) as incident_id,
        'prometheus' as source,
        crossings.member_id,
        coalesce(near_crossings.reason, 'left_alone') as reason
    from {{ ref('int_incidents__crossings') }} as crossings
    left join near_crossings on crossings.member_id = near_crossings.member_id
)

select
    incident_id,
    source,
    member_id,
    reason
from told
union all
select
    incident_id,
    source,
    member_id,
    reason
from crossed
union all
select
    incident_id,
    source,
    member_id,
    reason
from {{ ref('int_incidents__alert_matches') }}
