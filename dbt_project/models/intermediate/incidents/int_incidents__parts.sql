-- One row a text of a conversation that was matched, with the incident that it is about. A thread that turns to a second incident
-- (said so, or another start, and in either case another mode) is cut there; later texts go to the part whose mode they speak of, else
-- to the last one.
with texts as (
    select
        texts.member_id,
        texts.text_id,
        texts.place,
        texts.said_at
    from {{ ref('int_incidents__texts') }} as texts
    inner join {{ ref('int_incidents__conversations') }} as conversations
        on texts.member_id = conversations.member_id and conversations.is_worth_reading
),

text_modes as ({{ incident_modes(ref('int_incidents__signature_matches'), 'text_id') }}),

said as (
    select
        text_id,
        bool_or(says_second_incident) as says_second,
        bool_or(says_first_of_two) as says_first,
        bool_or(says_symptom or says_service_impact or says_customer_impact) as says_trouble
    from {{ ref('int_incidents__sentences') }}
    group by text_id
),

starts as (
    select
        text_id,
        min(stated_at) as started_at
    from {{ ref('int_incidents__statements') }}
    where kind = 'started' and stated_at is not null
    group by text_id
),

told as (
    select
        texts.member_id,
        texts.text_id,
        texts.place,
        texts.said_at,
        case when text_modes.is_clear and text_modes.mode <> 'unknown_other' then text_modes.mode end as mode,
        coalesce(said.says_second, false) as says_second,
        coalesce(said.says_first, false) as says_first,
        coalesce(said.says_trouble, false) as says_trouble,
        starts.started_at,
        starts_with(texts.member_id, 'pd:') as is_page
    from texts
    left join text_modes on texts.text_id = text_modes.key
    left join said on texts.text_id = said.text_id
    left join starts on texts.text_id = starts.text_id
),

-- What had been said before each text: the modes named, and the first start.
before as (
    select
        *,
        list(mode) filter (where mode is not null) over earlier as modes_before,
        min(started_at) over earlier as started_before
    from told
    window earlier as (partition by member_id order by place rows between unbounded preceding and 1 preceding)
),

cuts as (
    select
        *,
        coalesce(
            not is_page
            and says_trouble
            and mode is not null
            and len(modes_before) > 0
            and not list_contains(modes_before, mode)
            and (
                says_second
                or (started_at is not null and started_before is not null and abs(epoch(started_at - started_before)) >= 900)
            ),
            false
        ) as begins_another
    from before
),

numbered as (
    select
        *,
        1 + sum(begins_another::integer) over (partition by member_id order by place) as latest_part
    from cuts
),

openings as (
    select
        member_id,
        latest_part as part,
        arg_min(mode, place) filter (where mode is not null) as mode
    from numbered
    group by member_id, latest_part
),

by_mode as (
    select
        numbered.text_id,
        max(openings.part) as part
    from numbered
    inner join openings
        on
            numbered.member_id = openings.member_id
            and numbered.mode = openings.mode
            and numbered.latest_part >= openings.part
    group by numbered.text_id
),

-- What only one part has named so far points to it.
named as (
    select distinct
        numbered.member_id,
        numbered.latest_part as part,
        numbered.place,
        numbered.text_id,
        names.name
    from numbered
    inner join {{ ref('int_incidents__named') }} as names on numbered.text_id = names.text_id
    where numbered.member_id in (select openings.member_id from openings where openings.part > 1)
),

by_name as (
    select
        later.text_id,
        min(earlier.part) as part
    from named as later
    inner join named as earlier
        on later.member_id = earlier.member_id and later.name = earlier.name and later.place > earlier.place
    group by later.text_id
    having count(distinct earlier.part) = 1
),

ends as (
    select distinct text_id
    from {{ ref('int_incidents__statements') }}
    where kind in ('mitigated', 'resolved')
),

placed as (
    select
        numbered.member_id,
        numbered.text_id,
        numbered.place,
        numbered.said_at,
        numbered.latest_part,
        ends.text_id is not null as says_end,
        case
            when numbered.begins_another then numbered.latest_part
            when numbered.says_first and numbered.latest_part > 1 then 1
            else coalesce(by_mode.part, by_name.part)
        end as told_part
    from numbered
    left join by_mode on numbered.text_id = by_mode.text_id
    left join by_name on numbered.text_id = by_name.text_id
    left join ends on numbered.text_id = ends.text_id
),

-- The latest part is over when a text of it has said so; an end that is told after that is another part's.
ended as (
    select
        *,
        count(*) filter (where says_end and coalesce(told_part, latest_part) = latest_part) over (
            partition by member_id, latest_part
            order by place
            rows between unbounded preceding and 1 preceding
        ) > 0 as is_latest_over
    from placed
),

assigned as (
    select
        member_id,
        text_id,
        place,
        said_at,
        case
            when told_part is not null then told_part
            when says_end and is_latest_over and latest_part > 1 then latest_part - 1
            else latest_part
        end as part
    from ended
)

select
    member_id || case when part > 1 then ':' || part else '' end as part_id,
    member_id,
    part,
    text_id,
    place,
    said_at
from assigned
