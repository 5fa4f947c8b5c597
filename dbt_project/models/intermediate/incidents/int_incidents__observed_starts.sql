-- One row an incident and a start that was observed, not stated: an alert's own start, an alert that was pending or firing before the
-- page, or a threshold that was crossed before anybody noticed.
with pages as (
    select
        members.incident_id,
        pages.incident_id as page_id,
        pages.created_at,
        lower(concat_ws(' ', pages.title, pages.description)) as text
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('stg_incidents__pagerduty_incidents') }} as pages on members.member_id = 'pd:' || pages.incident_id
),

alert_details as (
    select
        pages.incident_id,
        try_cast(
            nullif(regexp_extract(
                alerts.details,
                '"(?:startsAt|starts_at|started_at|startedAt|start_time|firing_since|first_seen|activeAt)"'
                || ': ?"(\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:?\d{2}))"',
                1
            ), '') as timestamptz
        ) at time zone 'UTC' as started_at,
        'alert_details' as basis
    from pages
    inner join {{ ref('stg_incidents__pagerduty_alerts') }} as alerts on pages.page_id = alerts.incident_id
),

alert_series as (
    select
        pages.incident_id,
        alerts.started_at,
        'alert_series' as basis
    from pages
    inner join {{ ref('stg_metrics__alert_windows') }} as alerts
        on
            contains(pages.text, lower(alerts.alert))
            and pages.created_at >= alerts.started_at
            and alerts.ended_at >= pages.created_at - interval 30 minute
),

firings as (
    select
        members.incident_id,
        alerts.started_at,
        if(alerts.source = 'alertmanager', 'alertmanager', 'alert_series') as basis
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__alerts') }} as alerts on members.member_id = alerts.member_id
    where members.reason in ('same_alert_key', 'names_the_alert')
),

crossings as (
    select
        members.incident_id,
        crossings.started_at,
        'threshold' as basis
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__crossings') }} as crossings on members.member_id = crossings.member_id
)

select
    incident_id,
    started_at,
    basis
from alert_details
where started_at is not null
union all
select
    incident_id,
    started_at,
    basis
from alert_series
union all
select
    incident_id,
    started_at,
    basis
from firings
union all
select
    incident_id,
    started_at,
    basis
from crossings
