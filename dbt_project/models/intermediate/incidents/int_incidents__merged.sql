-- One row an incident: the pages and conversations that are linked, directly or through others, with what they name together. It is named
-- by its first page, else its first conversation; where people declared what it is merged into, by that.
with recursive candidates as (
    select
        part_id,
        source_kind,
        first_at,
        last_at,
        mode,
        services,
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

declared_targets as (
    select distinct merge_into
    from {{ ref('stg_declared__incident_overrides') }}
    where merge_into is not null
),

named as (
    select
        groups.group_id,
        arg_min(
            candidates.part_id,
            (declared_targets.merge_into is null, candidates.source_kind = 'slack', candidates.first_at, candidates.part_id)
        ) as incident_id,
        list_sort(list(candidates.part_id)) as part_ids,
        min(candidates.first_at) as first_at,
        max(least(candidates.last_at, candidates.first_at + interval 24 hour)) as last_at,
        flatten(list(candidates.services)) as services,
        flatten(list(candidates.nodes)) as nodes,
        flatten(list(candidates.pods)) as pods,
        list(distinct candidates.mode) as modes
    from groups
    inner join candidates on groups.part_id = candidates.part_id
    left join declared_targets on candidates.part_id = declared_targets.merge_into
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
)

select
    named.incident_id,
    named.part_ids,
    least(coalesce(starts.started_at, named.first_at), named.first_at) as begun_at,
    named.first_at,
    named.last_at,
    named.services,
    named.nodes,
    named.pods,
    named.modes
from named
left join starts on named.group_id = starts.group_id
