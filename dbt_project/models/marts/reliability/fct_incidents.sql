-- One row an incident or near miss, from pages, conversations and threshold crossings together.
with members as (
    select
        incident_id,
        list_sort(list(distinct source)) as sources,
        list(member_id order by member_id) as member_ids
    from {{ ref('int_incidents__members') }}
    group by incident_id
),

-- A page of low urgency wakes nobody, unless the log says that somebody was notified.
pages as (
    select
        members.incident_id,
        arg_min(pages.title, (pages.created_at, pages.incident_id)) as title,
        bool_or(coalesce(pages.urgency, 'high') <> 'low' or entries.incident_id is not null) as is_paged
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('stg_incidents__pagerduty_incidents') }} as pages on members.member_id = 'pd:' || pages.incident_id
    left join (
        select distinct incident_id
        from {{ ref('stg_incidents__pagerduty_log_entries') }}
        where entry_type = 'notify'
    ) as entries on pages.incident_id = entries.incident_id
    group by members.incident_id
),

conversations as (
    select
        members.incident_id,
        arg_min(texts.text, (texts.said_at, texts.text_id)) as title
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__parts') }} as parts on members.member_id = parts.part_id
    inner join {{ ref('int_incidents__texts') }} as texts on parts.text_id = texts.text_id
    where members.source = 'slack'
    group by members.incident_id
),

crossings as (
    select
        members.incident_id,
        arg_min(
            crossings.threshold || ' on ' || coalesce(crossings.node, 'an unnamed node') || ' for '
            || cast(round(epoch(crossings.ended_at - crossings.started_at) / 60) as integer) || ' minutes',
            crossings.started_at
        ) as title
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__crossings') }} as crossings on members.member_id = crossings.member_id
    group by members.incident_id
),

customers as (
    select
        scope.incident_id,
        bool_or(not regexp_matches(lower(services.consumer), 'internal|research|team|analyst|engineer|staff|employee'))
        filter (where services.consumer is not null) as may_reach_customers
    from (
        select
            incident_id,
            unnest(services) as service
        from {{ ref('int_incidents__scope') }}
    ) as scope
    inner join {{ ref('stg_declared__services') }} as services on scope.service = services.service
    group by scope.incident_id
)

select
    members.incident_id,
    left(trim(split_part(trim(coalesce(pages.title, conversations.title, crossings.title)), chr(10), 1)), 200) as title,
    scope.is_crossing_only or (scope.denies_impact and not scope.has_customer_impact) as is_near_miss,
    coalesce(pages.is_paged, false) as paged,
    case
        when scope.has_customer_impact then coalesce(customers.may_reach_customers, true)
        when scope.denies_impact or scope.is_crossing_only then false
    end as customer_visible,
    times.started_at,
    times.detected_at,
    times.acknowledged_at,
    times.mitigated_at,
    times.resolved_at,
    cast(times.detection_minutes as double) as detection_minutes,
    cast(times.mitigation_minutes as double) as mitigation_minutes,
    coalesce(modes.mode, 'unknown_other') as mode,
    coalesce(modes.mode_detail, 'too_little_said') as mode_detail,
    coalesce(modes.mode_confidence, 0)::double as mode_confidence,
    modes.mode_evidence,
    scope.blast_radius,
    scope.services,
    members.sources,
    scope.nodes,
    times.started_basis,
    members.member_ids
from members
inner join {{ ref('int_incidents__scope') }} as scope on members.incident_id = scope.incident_id
inner join {{ ref('int_incidents__times') }} as times on members.incident_id = times.incident_id
left join {{ ref('int_incidents__modes') }} as modes on members.incident_id = modes.incident_id
left join pages on members.incident_id = pages.incident_id
left join conversations on members.incident_id = conversations.incident_id
left join crossings on members.incident_id = crossings.incident_id
left join customers on members.incident_id = customers.incident_id
