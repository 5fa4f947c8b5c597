-- One row a text that may speak of an incident: Slack messages, what PagerDuty holds of a page (title, description, alerts, notes), and
-- what alerts say.
with pages as (
    select
        'pd:' || incident_id as member_id,
        incident_id,
        created_at,
        title,
        description
    from {{ ref('stg_incidents__pagerduty_incidents') }}
    qualify row_number() over (partition by incident_id order by source) = 1
),

slack_texts as (
    select
        member_id,
        'slack' as source_kind,
        channel || ':' || ts as text_id,
        posted_at as said_at,
        author,
        is_bot,
        text
    from {{ ref('int_incidents__messages') }}
),

page_titles as (
    select
        member_id,
        'pagerduty' as source_kind,
        member_id || ':title' as text_id,
        created_at as said_at,
        null::varchar as author,
        true as is_bot,
        title as text
    from pages
    where title is not null
),

page_descriptions as (
    select
        member_id,
        'pagerduty' as source_kind,
        member_id || ':description' as text_id,
        created_at as said_at,
        null::varchar as author,
        true as is_bot,
        description as text
    from pages
    where description is not null and description is distinct from title
),

page_alerts as (
    select
        pages.member_id,
        'pagerduty' as source_kind,
        'pd:alert:' || alerts.alert_id as text_id,
        alerts.created_at as said_at,
        null::varchar as author,
        true as is_bot,
        concat_ws(chr(10), nullif(alerts.summary, pages.title), alerts.details) as text
    from {{ ref('stg_incidents__pagerduty_alerts') }} as alerts
    inner join pages on alerts.incident_id = pages.incident_id
    qualify row_number() over (partition by alerts.alert_id order by alerts.source) = 1
),

page_notes as (
    select
        pages.member_id,
        'pagerduty' as source_kind,
        'pd:log:' || entries.log_entry_id as text_id,
        entries.created_at as said_at,
        entries.agent as author,
        false as is_bot,
        regexp_replace(entries.summary, '^(Note added|Added note|Status update (added|sent|posted)|Annotated)[^—]{0,80}—\s*', '') as text
    from {{ ref('stg_incidents__pagerduty_log_entries') }} as entries
    inner join pages on entries.incident_id = pages.incident_id
    where entries.entry_type in ('annotate', 'status_update', 'note') and entries.summary is not null
    qualify row_number() over (partition by entries.log_entry_id order by entries.source) = 1
),

alert_texts as (
    select
        member_id,
        source as source_kind,
        member_id || ':text' as text_id,
        started_at as said_at,
        null::varchar as author,
        true as is_bot,
        text
    from {{ ref('int_incidents__alerts') }}
    where not is_heartbeat
),

said as (
    select * from slack_texts
    union all
    select * from page_titles
    union all
    select * from page_descriptions
    union all
    select * from page_alerts
    union all
    select * from page_notes
    union all
    select * from alert_texts
)

select
    member_id,
    source_kind,
    text_id,
    said_at,
    author,
    is_bot,
    text,
    row_number() over (partition by member_id order by said_at, text_id) as place
from said
where trim(text) <> ''
