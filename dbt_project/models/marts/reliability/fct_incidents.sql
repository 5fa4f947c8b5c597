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
        arg_min(pages.priority, (pages.created_at, pages.incident_id)) filter (where pages.priority is not null) as priority,
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

-- What people declared wins, and says that it is declared.
judged as (
    select
        scope.incident_id,
        scope.is_crossing_only,
        scope.has_customer_impact,
        scope.denies_impact,
        scope.blast_radius,
        scope.nodes,
        if(declared.service is not null, [declared.service], scope.services) as services,
        declared.severity,
        coalesce(declared.mode, modes.mode, 'unknown_other') as mode,
        if(declared.mode is not null, 'declared', coalesce(modes.mode_detail, 'too_little_said')) as mode_detail,
        if(declared.mode is not null, 1, coalesce(modes.mode_confidence, 0))::double as mode_confidence,
        if(declared.mode is not null, concat_ws(': ', 'declared in audit.yaml', declared.reason), modes.mode_evidence) as mode_evidence,
        coalesce(declared.declared, []) as declared
    from {{ ref('int_incidents__scope') }} as scope
    left join {{ ref('int_incidents__modes') }} as modes on scope.incident_id = modes.incident_id
    left join {{ ref('int_incidents__declared') }} as declared on scope.incident_id = declared.incident_id
    where coalesce(declared.is_incident, true)
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
        from judged
    ) as scope
    inner join {{ ref('stg_declared__services') }} as services on scope.service = services.service
    group by scope.incident_id
)

select
    members.incident_id,
    left(trim(split_part(trim(coalesce(pages.title, conversations.title, crossings.title)), chr(10), 1)), 200) as title,
    judged.is_crossing_only or (judged.denies_impact and not judged.has_customer_impact) as is_near_miss,
    coalesce(pages.is_paged, false) as paged,
    case
        when judged.has_customer_impact then coalesce(customers.may_reach_customers, true)
        when judged.denies_impact or judged.is_crossing_only then false
    end as customer_visible,
    times.started_at,
    times.detected_at,
    times.acknowledged_at,
    times.mitigated_at,
    times.resolved_at,
    cast(times.detection_minutes as double) as detection_minutes,
    cast(times.mitigation_minutes as double) as mitigation_minutes,
    judged.mode,
    judged.mode_detail,
    judged.mode_confidence,
    judged.mode_evidence,
    judged.blast_radius,
    judged.services,
    members.sources,
    judged.nodes,
    times.started_basis,
    members.member_ids,
    coalesce(judged.severity, pages.priority) as severity,
    judged.declared
from members
inner join judged on members.incident_id = judged.incident_id
inner join {{ ref('int_incidents__times') }} as times on members.incident_id = times.incident_id
left join pages on members.incident_id = pages.incident_id
left join conversations on members.incident_id = conversations.incident_id
left join crossings on members.incident_id = crossings.incident_id
left join customers on members.incident_id = customers.incident_id
