-- One row a Slack message or reply. Partitioned by the UTC day of posted_at.
select
    source,
    channel,
    channel_id,
    ts,
    thread_ts,
    posted_at at time zone 'UTC' as posted_at,
    author,
    is_bot,
    subtype,
    text,
    edited,
    reactions,
    source_uri,
    deliveries
from {{ source('lake', 'slack_messages') }}
