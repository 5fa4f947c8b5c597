-- One row a pair of pages or conversations that are the same incident, with the reason. What one says of the other decides; else they
-- must be close in time, speak of the same thing, and not of two different failures.
with candidates as (
    select
        part_id,
        member_id,
        source_kind,
        first_at,
        last_at,
        mode,
        services,
        nodes,
        pods
    from {{ ref('int_incidents__candidates') }}
    where verdict in ('incident', 'near_miss')
),

pages as (
    select
        'pd:' || incident_id as member_id,
        incident_id,
        incident_number,
        incident_key,
        created_at,
        resolved_at
    from {{ ref('stg_incidents__pagerduty_incidents') }}
    qualify row_number() over (partition by incident_id order by source) = 1
),

openings as (
    select
        parts.part_id,
        list_distinct(
            list_filter(
                regexp_extract_all(lower(arg_min(texts.text, (texts.said_at, texts.text_id))), '[\pL\d][\pL\d_.-]*'),
                lambda word: length(word) > 3
            )
        ) as words
    from {{ ref('int_incidents__parts') }} as parts
    inner join {{ ref('int_incidents__texts') }} as texts on parts.text_id = texts.text_id
    group by parts.part_id
),

spans as (
    select
        candidates.*,
        openings.words,
        pages.incident_key,
        -- A page that nobody closed is not open for ever.
        least(coalesce(pages.resolved_at, candidates.last_at), candidates.first_at + interval 24 hour) as span_end
    from candidates
    left join pages on candidates.member_id = pages.member_id
    left join openings on candidates.part_id = openings.part_id
),

texts as (
    select
        candidates.part_id,
        candidates.first_at,
        texts.text
    from {{ ref('int_incidents__texts') }} as texts
    inner join {{ ref('int_incidents__parts') }} as parts on texts.text_id = parts.text_id
    inner join candidates on parts.part_id = candidates.part_id
),

numbers_mentioned as (
    select
        part_id,
        first_at,
        unnest(list_distinct(
            regexp_extract_all(text, '(?i)\b(?:pd|pagerduty|pager duty|incident|inc)[ :-]{0,2}(?:incident )?#?(\d{1,9})\b', 1)
        )) as mentioned
    from texts
),

ids_mentioned as (
    select
        part_id,
        first_at,
        unnest(list_distinct(
            list_concat(
                regexp_extract_all(text, '/incidents/([A-Z0-9]{6,})', 1),
                regexp_extract_all(text, '\b([PQ][A-Z0-9]{6,13})\b', 1)
            )
        )) as mentioned
    from texts
),

messages_mentioned as (
    select
        part_id,
        first_at,
        unnest(regexp_extract_all(text, '/archives/([CG][A-Z0-9]{6,})/p(\d{10})(\d{6})')) as link
    from texts
),

page_mentions as (
    select
        mentions.part_id as one,
        pages.member_id as other,
        'mentions_page' as reason
    from (
        select
            part_id,
            first_at,
            mentioned
        from numbers_mentioned
        union all
        select
            part_id,
            first_at,
            mentioned
        from ids_mentioned
    ) as mentions
    inner join pages
        on
            (mentions.mentioned = pages.incident_number::varchar or mentions.mentioned = pages.incident_id)
            and abs(epoch(mentions.first_at - pages.created_at)) <= 86400
    where mentions.part_id <> pages.member_id
),

message_mentions as (
    select
        messages_mentioned.part_id as one,
        parts.part_id as other,
        'links_to_message' as reason
    from messages_mentioned
    inner join {{ ref('int_incidents__messages') }} as messages
        on
            messages.channel_id = regexp_extract(messages_mentioned.link, '/archives/([CG][A-Z0-9]+)/', 1)
            and messages.ts = regexp_replace(regexp_extract(messages_mentioned.link, '/p(\d{16})', 1), '(\d{6})$', '.\1')
            and abs(epoch(messages_mentioned.first_at - messages.posted_at)) <= 86400
    inner join {{ ref('int_incidents__parts') }} as parts on messages.channel || ':' || messages.ts = parts.text_id
    where messages_mentioned.part_id <> parts.part_id
),

-- Minutes between the two: none where one begins while the other lasts.
pairs as (
    select
        one.part_id as one,
        other.part_id as other,
        one.source_kind = 'pagerduty' and other.source_kind = 'pagerduty' as are_pages,
        one.source_kind = 'slack' and other.source_kind = 'slack' as are_conversations,
        one.member_id = other.member_id as are_one_conversation,
        greatest(0, epoch(greatest(one.first_at, other.first_at) - least(one.span_end, other.span_end)) / 60) as minutes_apart,
        abs(epoch(one.first_at - other.first_at)) / 60 as minutes_between_starts,
        one.mode = other.mode and one.mode <> 'unknown_other' as are_same_mode,
        one.mode = other.mode or one.mode = 'unknown_other' or other.mode = 'unknown_other' as may_be_same_mode,
        list_has_any(one.services, other.services) as share_service,
        len(one.services) > 0 and len(other.services) > 0 and not list_has_any(one.services, other.services) as name_other_services,
        list_has_any(one.nodes, other.nodes) or list_has_any(one.pods, other.pods) as share_place,
        len(one.nodes) > 0 and len(other.nodes) > 0 and not list_has_any(one.nodes, other.nodes) as name_other_nodes,
        -- Posted twice: at least five longer words, three of four in common.
        len(one.words) >= 5
        and len(list_intersect(one.words, other.words)) >= 0.75 * greatest(len(one.words), len(other.words)) as share_words,
        one.incident_key is not null and one.incident_key = other.incident_key as share_key
    from spans as one
    inner join spans as other
        on one.part_id < other.part_id and other.first_at between one.first_at - interval 26 hour and one.first_at + interval 26 hour
),

judged as (
    select
        one,
        other,
        case
            when are_one_conversation then null
            when are_pages and share_key and minutes_apart <= 120 then 'same_incident_key'
            when are_pages and minutes_apart > 30 then null
            when are_conversations and minutes_apart > 60 then null
            when minutes_apart > 120 then null
            when not may_be_same_mode then null
            when share_words and not name_other_nodes then 'same_words_and_time'
            when share_place then 'same_place_and_time'
            when share_service and are_same_mode then 'same_service_mode_and_time'
            when share_service and minutes_between_starts <= 60 then 'same_service_and_time'
            when are_same_mode and not name_other_services and minutes_between_starts <= 60 then 'same_mode_and_time'
        end as reason
    from pairs
),

declared as (
    select
        incident_id as one,
        merge_into as other,
        'declared' as reason
    from {{ ref('stg_declared__incident_overrides') }}
    where merge_into is not null
),

found as (
    select
        one,
        other,
        reason
    from declared
    union all
    select
        one,
        other,
        reason
    from page_mentions
    union all
    select
        one,
        other,
        reason
    from message_mentions
    union all
    select
        one,
        other,
        reason
    from judged
    where reason is not null
),

-- A page or message may be mentioned that was itself judged not to be an incident.
among_candidates as (
    select
        least(found.one, found.other) as one,
        greatest(found.one, found.other) as other,
        found.reason
    from found
    where
        found.one in (select part_id from candidates)
        and found.other in (select part_id from candidates)
)

select
    one,
    other,
    string_agg(distinct reason, ', ' order by reason) as reason
from among_candidates
group by one, other
