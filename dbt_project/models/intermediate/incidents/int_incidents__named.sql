-- One row a text and the service, workload, node or pod that it names. A word that goes on after the name (`chat-prod`,
-- `chat-llm-7d9f-x2x4z`) still names it, the longest name first. `search for`, `see the docs` and `chat with` are English, not
-- services.
with texts as (
    select
        text_id,
        member_id,
        regexp_replace(
            lower(text),
            'https?://\S+|#[\w-]+'
            || '|\b(see|read|check|update|in|our|the|api|write|wrote) (the )?docs\b|\bdocs (say|page|link|pr)\b'
            || '|\bsearch(ed|es|ing)? (for|through|in|the|around)\b|\b(google|web|log|slack) search\b'
            || '|\b(let.?s|quick|to|can we|group|in (the|this)) chat\b|\bchat(ted|ting)? (with|about|to)\b'
            || '|\b(some|did|my|more|of) research\b|\bresearch(ed|ing)? (on|into|the)\b|\bfraud(ulent)? (case|attempt)s?\b',
            ' ', 'g'
        ) as text
    from {{ ref('int_incidents__texts') }}
),

page_services as (
    select
        'pd:' || incident_id || ':title' as text_id,
        'pd:' || incident_id as member_id,
        lower(service_name) as text
    from {{ ref('stg_incidents__pagerduty_incidents') }}
    where service_name is not null
    union all
    select
        member_id || ':text' as text_id,
        member_id,
        lower(service) as text
    from {{ ref('int_incidents__alerts') }}
    where service is not null and not is_heartbeat
),

words as (
    select distinct
        text_id,
        member_id,
        unnest(regexp_extract_all(text, '[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9]')) as word
    from (
        select * from texts
        union all
        select * from page_services
    )
),

-- Names that a word can begin with are few (services and workloads), so this stays a small join; nodes and pods must be equal.
found as (
    select
        words.text_id,
        words.member_id,
        words.word,
        names.kind,
        names.name,
        names.service
    from words
    inner join {{ ref('int_incidents__names') }} as names on words.word = names.name
    where names.kind in ('node', 'pod')
    union all
    select
        words.text_id,
        words.member_id,
        words.word,
        names.kind,
        names.name,
        names.service
    from words
    inner join {{ ref('int_incidents__names') }} as names
        on
            names.kind in ('service', 'workload')
            and (
                words.word = names.name
                or (starts_with(words.word, names.name) and substr(words.word, length(names.name) + 1, 1) in ('-', '_', '.'))
            )
),

longest as (
    select *
    from found
    where kind in ('node', 'pod')
    union all
    select *
    from found
    where kind in ('service', 'workload')
    qualify length(name) = max(length(name)) over (partition by text_id, word)
),

-- A pod of a declared workload that runs in a shared namespace: its own name says whose it is.
described as (
    select
        text_id,
        member_id,
        kind,
        name,
        coalesce(service, max(service) over (partition by text_id, word)) as service
    from longest
)

select distinct
    text_id,
    member_id,
    kind,
    name,
    service
from described
