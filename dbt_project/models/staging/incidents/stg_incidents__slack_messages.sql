-- One row a Slack message or reply. Partitioned by the UTC day of posted_at.
select
    source,
    channel,
    channel_id,
    ts,
    thread_ts,
    make_timestamp(epoch_us(posted_at)) as posted_at,
    author,
    is_bot,
    subtype,
    text,
    edited,
    reactions,
    source_uri,
    deliveries
from {{ source('lake', 'slack_messages') }}
