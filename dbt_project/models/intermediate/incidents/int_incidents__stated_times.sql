-- One row an incident: when it started, was detected, acknowledged, mitigated and resolved, as stated or observed, before impossible
-- orders are removed. A declared time wins over all, a stated start over an observed one; a repair that did not hold does not count.
with members as (
    select * from {{ ref('int_incidents__members') }}
),

pages as (
    select
        members.incident_id,
        min(pages.created_at) as paged_at,
        max(pages.resolved_at) as resolved_at,
        bool_or(pages.resolved_at is null) as is_open
    from members
    inner join {{ ref('stg_incidents__pagerduty_incidents') }} as pages on members.member_id = 'pd:' || pages.incident_id
    group by members.incident_id
),

acknowledgements as (
    select
        members.incident_id,
        min(entries.created_at) as acknowledged_at
    from members
    inner join {{ ref('stg_incidents__pagerduty_log_entries') }} as entries on members.member_id = 'pd:' || entries.incident_id
    where entries.entry_type = 'acknowledge'
    group by members.incident_id
),

spoken as (
    select
        members.incident_id,
        min(parts.said_at) as first_said_at
    from members
    inner join {{ ref('int_incidents__parts') }} as parts on members.member_id = parts.part_id
    where members.source = 'slack'
    group by members.incident_id
),

relapses as (
    select
        members.incident_id,
        max(sentences.said_at) as still_bad_at
    from members
    inner join {{ ref('int_incidents__parts') }} as parts on members.member_id = parts.part_id
    inner join {{ ref('int_incidents__sentences') }} as sentences on parts.text_id = sentences.text_id
    where sentences.says_still_bad
    group by members.incident_id
),

statements as (
    select
        members.incident_id,
        statements.kind,
        statements.stated_at,
        statements.said_at,
        statements.is_day_only
    from {{ ref('int_incidents__statements') }} as statements
    inner join {{ ref('int_incidents__parts') }} as parts on statements.text_id = parts.text_id
    inner join members on parts.part_id = members.member_id
    left join relapses on members.incident_id = relapses.incident_id
    where
        statements.kind in ('started', 'detected', 'acknowledged')
        or coalesce(statements.stated_at, statements.said_at) > coalesce(relapses.still_bad_at, timestamp '1970-01-01')
),

-- A time is better than a day, and a time that lies ahead of its message is a hope.
chosen as (
    select
        incident_id,
        coalesce(
            min(stated_at) filter (where kind = 'started' and not is_day_only),
            min(stated_at) filter (where kind = 'started')
        ) as started_at,
        coalesce(bool_and(is_day_only) filter (where kind = 'started' and stated_at is not null), false) as is_started_day_only,
        min(stated_at) filter (where kind = 'detected' and not is_day_only) as detected_at,
        min(stated_at) filter (where kind = 'acknowledged' and not is_day_only) as acknowledged_at,
        coalesce(
            min(stated_at) filter (where kind = 'mitigated' and not is_day_only and stated_at <= said_at + interval 5 minute),
            min(said_at) filter (where kind = 'mitigated' and stated_at is null)
        ) as mitigated_at,
        coalesce(
            max(stated_at) filter (where kind = 'resolved' and not is_day_only and stated_at <= said_at + interval 5 minute),
            max(said_at) filter (where kind = 'resolved' and stated_at is null)
        ) as resolved_at
    from statements
    group by incident_id
),

incidents as (
    select
        incident_id,
        bool_and(source = 'prometheus') as is_crossing_only
    from members
    group by incident_id
),

crossed as (
    select
        members.incident_id,
        max(crossings.ended_at) as ended_at
    from members
    inner join {{ ref('int_incidents__crossings') }} as crossings on members.member_id = crossings.member_id
    group by members.incident_id
),

first_noticed as (
    select
        incidents.incident_id,
        incidents.is_crossing_only,
        least(pages.paged_at, spoken.first_said_at) as noticed_at
    from incidents
    left join pages on incidents.incident_id = pages.incident_id
    left join spoken on incidents.incident_id = spoken.incident_id
),

observed as (
    select
        starts.incident_id,
        min(starts.started_at) as started_at,
        arg_min(starts.basis, starts.started_at) as basis
    from {{ ref('int_incidents__observed_starts') }} as starts
    inner join first_noticed on starts.incident_id = first_noticed.incident_id
    where first_noticed.is_crossing_only or starts.started_at <= first_noticed.noticed_at
    group by starts.incident_id
)

select
    first_noticed.incident_id,
    pages.incident_id is not null as has_page,
    coalesce(declared.started_at, chosen.started_at, observed.started_at) as started_at,
    case
        when declared.started_at is not null then 'declared'
        when chosen.started_at is not null and chosen.is_started_day_only then 'stated_day'
        when chosen.started_at is not null then 'stated'
        else observed.basis
    end as started_basis,
    -- Somebody may have noticed before anybody wrote.
    case
        when declared.detected_at is not null then declared.detected_at
        when
            chosen.detected_at < first_noticed.noticed_at
            and chosen.detected_at >= coalesce(declared.started_at, chosen.started_at, observed.started_at, chosen.detected_at)
            then chosen.detected_at
        else first_noticed.noticed_at
    end as detected_at,
    coalesce(declared.acknowledged_at, acknowledgements.acknowledged_at, chosen.acknowledged_at) as acknowledged_at,
    coalesce(declared.mitigated_at, chosen.mitigated_at) as mitigated_at,
    case
        when declared.resolved_at is not null then declared.resolved_at
        when first_noticed.is_crossing_only then crossed.ended_at
        when pages.is_open then null
        else coalesce(pages.resolved_at, chosen.resolved_at)
    end as resolved_at
from first_noticed
left join pages on first_noticed.incident_id = pages.incident_id
left join acknowledgements on first_noticed.incident_id = acknowledgements.incident_id
left join chosen on first_noticed.incident_id = chosen.incident_id
left join observed on first_noticed.incident_id = observed.incident_id
left join crossed on first_noticed.incident_id = crossed.incident_id
left join {{ ref('int_incidents__declared') }} as declared on first_noticed.incident_id = declared.incident_id
