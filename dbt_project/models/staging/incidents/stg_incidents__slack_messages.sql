-- One row a Slack message or reply. Partitioned by the UTC day of posted_at.
select
    source,
    channel,
    ts,
    thread_ts,
    posted_at at time zone 'UTC' as posted_at,
    author,
    is_bot,
    subtype,
    text,
    edited,
    reactions,
    source_uri
from {{ source('lake', 'slack_messages') }}
