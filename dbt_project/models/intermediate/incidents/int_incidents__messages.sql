-- One row a Slack message that says something, with the conversation it belongs to: its thread, or, in a channel made for one incident
-- (#inc-42-chat-down), the run of messages without half a day of silence.
with messages as (
    select
        channel,
        channel_id,
        ts,
        thread_ts,
        posted_at,
        author,
        is_bot,
        edited,
        source,
        source_uri,
        text,
        regexp_matches(channel, '^(inc|incident|sev|outage|war-?room)[-_]?\d') as is_incident_channel
    from {{ ref('stg_incidents__slack_messages') }}
    where
        text is not null
        and coalesce(subtype, '') not in (
            'channel_join', 'channel_leave', 'channel_topic', 'channel_purpose', 'channel_name', 'channel_archive', 'group_join',
            'bot_add', 'bot_remove', 'pinned_item', 'reminder_add', 'tombstone', 'message_deleted'
        )
    qualify row_number() over (partition by channel, ts order by source) = 1
),

silences as (
    select
        *,
        coalesce(
            posted_at - lag(posted_at) over (partition by channel order by posted_at, ts) > interval 12 hour,
            true
        ) as after_silence
    from messages
),

runs as (
    select
        *,
        sum(after_silence::integer) over (partition by channel order by posted_at, ts) as run
    from silences
)

select
    'slack:' || channel || ':' || case
        when is_incident_channel then first_value(ts) over (partition by channel, run order by posted_at, ts)
        else thread_ts
    end as member_id,
    channel,
    channel_id,
    ts,
    posted_at,
    author,
    is_bot,
    source,
    source_uri,
    text
from runs
