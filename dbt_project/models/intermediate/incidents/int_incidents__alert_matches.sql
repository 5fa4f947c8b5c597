-- One row an alert that belongs to an incident, with the reason: the strongest thing that they share while both last.
{% set reasons = [
    'same_alert_key', 'names_the_alert', 'names_the_pod', 'names_the_node', 'same_service_mode_and_time', 'same_words_and_time',
    'same_service_and_time',
] %}
with parts as (
    select
        merged.incident_id,
        unnest(merged.part_ids) as part_id
    from {{ ref('int_incidents__merged') }} as merged
),

said as (
    select
        parts.incident_id,
        string_agg(lower(texts.text), chr(10)) as text,
        list_distinct(
            list_filter(
                flatten(list(regexp_extract_all(lower(texts.text), '[\pL\d][\pL\d_.-]*'))),
                lambda word: length(word) > 3
            )
        ) as words
    from parts
    inner join {{ ref('int_incidents__parts') }} as told on parts.part_id = told.part_id
    inner join {{ ref('int_incidents__texts') }} as texts on told.text_id = texts.text_id
    group by parts.incident_id
),

-- What PagerDuty was given to tell one alert from another.
page_keys as (
    select
        parts.incident_id,
        list(distinct pages.incident_key) as keys
    from parts
    inner join {{ ref('stg_incidents__pagerduty_incidents') }} as pages on parts.part_id = 'pd:' || pages.incident_id
    where pages.incident_key is not null
    group by parts.incident_id
),

alert_keys as (
    select
        parts.incident_id,
        list(distinct alerts.alert_key) as keys
    from parts
    inner join {{ ref('stg_incidents__pagerduty_alerts') }} as alerts on parts.part_id = 'pd:' || alerts.incident_id
    where alerts.alert_key is not null
    group by parts.incident_id
),

alerts as (
    select
        alerts.member_id,
        alerts.source,
        lower(alerts.alert) as alert,
        alerts.started_at,
        coalesce(alerts.ended_at, alerts.started_at) as over_at,
        alerts.keys,
        candidates.mode,
        candidates.services,
        candidates.nodes,
        candidates.pods,
        list_distinct(
            list_filter(regexp_extract_all(lower(alerts.text), '[\pL\d][\pL\d_.-]*'), lambda word: length(word) > 3)
        ) as words
    from {{ ref('int_incidents__alerts') }} as alerts
    inner join {{ ref('int_incidents__candidates') }} as candidates on alerts.member_id = candidates.part_id
),

-- An alert that has been firing for days shares nothing but its hour with what happens next.
pairs as (
    select
        alerts.member_id,
        alerts.source,
        merged.incident_id,
        abs(epoch(alerts.started_at - merged.begun_at)) as seconds_between_starts,
        list_has_any(alerts.keys, list_concat(coalesce(page_keys.keys, []), coalesce(alert_keys.keys, [])))
        or len(list_filter(alerts.keys, lambda key: length(key) >= 12 and contains(said.text, key))) > 0 as share_key,
        length(alerts.alert) >= 6 and regexp_matches(said.text, '\b' || regexp_escape(alerts.alert) || '\b') as names_the_alert,
        list_has_any(alerts.pods, merged.pods) as share_pod,
        list_has_any(alerts.nodes, merged.nodes) as share_node,
        list_has_any(alerts.services, merged.services) as share_service,
        alerts.mode <> 'unknown_other' and list_contains(merged.modes, alerts.mode) as share_mode,
        len(list_intersect(alerts.words, said.words)) >= greatest(4, 0.6 * len(alerts.words)) as share_words,
        alerts.started_at >= merged.begun_at - interval 2 hour as begins_near
    from alerts
    inner join {{ ref('int_incidents__merged') }} as merged
        on
            alerts.started_at <= merged.last_at + interval 30 minute
            and alerts.over_at >= merged.begun_at - interval 30 minute
    inner join said on merged.incident_id = said.incident_id
    left join page_keys on merged.incident_id = page_keys.incident_id
    left join alert_keys on merged.incident_id = alert_keys.incident_id
),

judged as (
    select
        *,
        case
            when share_key then 'same_alert_key'
            when names_the_alert then 'names_the_alert'
            when not begins_near then null
            when share_pod then 'names_the_pod'
            when share_node then 'names_the_node'
            when share_service and share_mode then 'same_service_mode_and_time'
            when share_words then 'same_words_and_time'
            when share_service and seconds_between_starts <= 1800 then 'same_service_and_time'
        end as reason
    from pairs
)

select
    member_id,
    source,
    incident_id,
    reason
from judged
where reason is not null
qualify row_number() over (
    partition by member_id
    order by list_position({{ reasons }}, reason), seconds_between_starts, incident_id
) = 1
