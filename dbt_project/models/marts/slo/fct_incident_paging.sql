-- One row an incident, service, SLI and source of an objective: whether the burn-rate policy would have paged while it lasted.
-- An incident without a start, an end or samples close enough together has no verdict and says why; it is never counted as paged.
with incidents as (
    select
        incident_id,
        unnest(services) as service,
        coalesce(started_at, detected_at) as began_at,
        coalesce(mitigated_at, resolved_at) as ended_at,
        paged
    from {{ ref('fct_incidents') }}
    where not is_near_miss
),

judged as (
    select
        incidents.incident_id,
        incidents.service,
        objectives.sli,
        objectives.objective_source,
        objectives.objective,
        objectives.window_days,
        incidents.began_at,
        incidents.ended_at,
        incidents.paged as was_paged
    from incidents
    inner join {{ ref('int_sli__objectives') }} as objectives
        on incidents.service = objectives.service
),

-- the short windows look back five minutes: an alert may come that much after the end
during as (
    select
        judged.incident_id,
        judged.service,
        judged.sli,
        judged.objective_source,
        count(*) as slots,
        min(alerts.bucket_start) filter (where alerts.is_page) as first_page_at,
        bool_or(alerts.is_page) as would_page,
        bool_or(alerts.is_ticket) as would_ticket,
        max(alerts.bad_1h) as worst_bad_share_1h
    from judged
    inner join {{ ref('int_sli__burn_alerts') }} as alerts
        on
            judged.service = alerts.service
            and judged.sli = alerts.sli
            and judged.objective_source = alerts.objective_source
            and alerts.bucket_start between time_bucket(interval 5 minutes, cast(judged.began_at as timestamp))
            and cast(judged.ended_at as timestamp) + interval 5 minutes
    group by all
),

-- the shortest window of a pair decides what can be seen: 5 minutes for pages, 2 hours for tickets
sampled as (
    select
        judged.incident_id,
        judged.service,
        judged.sli,
        judged.objective_source,
        max(slots.slot_seconds) as slot_seconds
    from judged
    inner join {{ ref('int_sli__events_daily') }} as events
        on
            judged.service = events.service
            and judged.sli = events.sli
            and events.day between cast(judged.began_at as date) and cast(judged.ended_at as date)
    inner join {{ ref('int_sli__slots') }} as slots
        on events.service = slots.service and events.sli_input = slots.sli_input and events.day = slots.day
    group by all
)

select
    judged.incident_id,
    judged.service,
    judged.sli,
    judged.objective_source,
    judged.objective,
    cast(judged.began_at as timestamp) as began_at,
    cast(judged.ended_at as timestamp) as ended_at,
    judged.was_paged,
    if(sampled.slot_seconds <= 300, during.would_page, null) as would_page,
    if(sampled.slot_seconds <= 300, during.first_page_at, null) as first_page_at,
    if(sampled.slot_seconds <= 7200, during.would_ticket, null) as would_ticket,
    during.worst_bad_share_1h,
    case
        when judged.began_at is null then 'nobody stated or observed its start'
        when judged.ended_at is null then 'nobody stated its end'
        when during.slots is null then 'no samples of the indicator while it lasted'
        when during.would_page is null then 'no burn-rate alerts are known for an objective over ' || judged.window_days || ' days'
        when sampled.slot_seconds > 300
            then 'samples are ' || cast(round(sampled.slot_seconds / 60) as integer) || ' minutes apart, and a page looks at five'
    end as reason
from judged
left join during
    on
        judged.incident_id = during.incident_id
        and judged.service = during.service
        and judged.sli = during.sli
        and judged.objective_source = during.objective_source
left join sampled
    on
        judged.incident_id = sampled.incident_id
        and judged.service = sampled.service
        and judged.sli = sampled.sli
        and judged.objective_source = sampled.objective_source
