-- One row an incident and a page, conversation or threshold crossing that belongs to it, with the reason. What is linked, directly or
-- through others, is one incident, named by its first page, else its first conversation, else its crossing.
with recursive candidates as (
    select
        part_id,
        source_kind,
        first_at,
        last_at,
        mode,
        nodes,
        pods
    from {{ ref('int_incidents__candidates') }}
    where verdict in ('incident', 'near_miss')
),

edges as (
    select
        one,
        other
    from {{ ref('int_incidents__links') }}
    union
    select
        other,
        one
    from {{ ref('int_incidents__links') }}
),

reached as (
    select
        part_id as origin,
        part_id as part_id
    from candidates
    union
    select
        reached.origin,
        edges.other as part_id
    from reached
    inner join edges on reached.part_id = edges.one
),

groups as (
    select
        part_id,
        min(origin) as group_id
    from reached
    group by part_id
),

named as (
    select
        groups.group_id,
        arg_min(candidates.part_id, (candidates.source_kind = 'slack', candidates.first_at, candidates.part_id)) as incident_id,
        min(candidates.first_at) as first_at,
        max(least(candidates.last_at, candidates.first_at + interval 24 hour)) as last_at,
        flatten(list(candidates.nodes)) as nodes,
        flatten(list(candidates.pods)) as pods,
        list(distinct candidates.mode) as modes
    from groups
    inner join candidates on groups.part_id = candidates.part_id
    group by groups.group_id
),

starts as (
    select
        groups.group_id,
        min(statements.stated_at) as started_at
    from {{ ref('int_incidents__statements') }} as statements
    inner join {{ ref('int_incidents__parts') }} as parts on statements.text_id = parts.text_id
    inner join groups on parts.part_id = groups.part_id
    where statements.kind = 'started' and statements.stated_at <= statements.said_at
    group by groups.group_id
),

-- A crossing belongs to the nearest incident, up to two hours away, that has its mode or names its node or pod.
near_crossings as (
    select
        crossings.member_id,
        named.incident_id,
        case
            when list_contains(named.pods, lower(crossings.pod)) then 'names_the_pod'
            when list_contains(named.nodes, lower(crossings.node)) then 'names_the_node'
            else 'same_mode_within_2h'
        end as reason
    from {{ ref('int_incidents__crossings') }} as crossings
    inner join named
        on
            list_contains(named.modes, crossings.mode)
            or list_contains(named.nodes, lower(crossings.node))
            or list_contains(named.pods, lower(crossings.pod))
    left join starts on named.group_id = starts.group_id
    where
        crossings.started_at <= named.last_at + interval 2 hour
        and crossings.ended_at >= least(coalesce(starts.started_at, named.first_at), named.first_at) - interval 2 hour
    qualify row_number() over (
        partition by crossings.member_id
        order by reason = 'same_mode_within_2h', abs(epoch(crossings.started_at - named.first_at)), named.incident_id
    ) = 1
),

told as (
    select
        named.incident_id,
        candidates.source_kind as source,
        candidates.part_id as member_id,
        case
            when candidates.part_id = named.incident_id then 'first'
            else coalesce(
                (
                    select string_agg(distinct links.reason, ', ' order by links.reason)
                    from {{ ref('int_incidents__links') }} as links
                    where candidates.part_id in (links.one, links.other)
                ),
                'first'
            )
        end as reason
    from groups
    inner join named on groups.group_id = named.group_id
    inner join candidates on groups.part_id = candidates.part_id
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
