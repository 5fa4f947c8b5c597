-- One row a clause that says when something happened: `stated_at` where it gives a time, else null; `said_at` is when it was said.
-- A clock time without a zone is UTC, unless that would lie after the message: then it is some other clock, and is not guessed at.
{% set kinds = ['started', 'detected', 'acknowledged', 'mitigated', 'resolved'] %}
with clauses as (
    select
        sentences.member_id,
        sentences.text_id,
        sentences.said_at,
        sentences.place,
        sentences.clause_number,
        sentences.clause,
        sentences.says_mitigated,
        sentences.says_resolved,
        sentences.says_not_yet,
        sentences.says_not_onset,
        sentences.says_question,
        -- A text that names a day speaks of that day when it goes on with bare clock times.
        try_cast(nullif(regexp_extract(lower(texts.text), '\b(\d{4}-\d{2}-\d{2})\b', 1), '') as date) as text_day
    from {{ ref('int_incidents__sentences') }} as sentences
    inner join {{ ref('int_incidents__texts') }} as texts on sentences.text_id = texts.text_id
    inner join {{ ref('int_incidents__conversations') }} as conversations
        on sentences.member_id = conversations.member_id and conversations.is_worth_reading
    -- The text of an alert was written when its rule was: a time in it is no statement.
    where coalesce(texts.source_kind, '') not in ('alertmanager', 'prometheus')
),

-- `started at 14:05`: what happened, then when.
{%- for kind in kinds %}
    {{ kind }}_then_time as (
        select
            *,
            '{{ kind }}' as kind,
            {{ stated_moment('clause', incident_anchor(kind)) }} as found
        from clauses
    ),
{% endfor %}
-- `14:05 UTC first errors`: a line of a timeline.
timeline as (
    select
        *,
        regexp_extract(
            clause,
            '^[^a-z0-9]*(?:at |~|@)?(' || '{{ moment_pattern() | trim }}' || ')(?:' || '{{ moment_zone_pattern() | trim }}' || ')?(.*)$',
            ['moment', 'zone', 'rest']
        ) as found
    from clauses
),

timeline_kinds as (
    select
        * exclude (found),
        case
            when {{ says("found['rest']", 'resolved') }} then 'resolved'
            when {{ says("found['rest']", 'mitigated') }} then 'mitigated'
            when {{ says("found['rest']", 'acknowledged') }} then 'acknowledged'
            when {{ says("found['rest']", 'detected') }} then 'detected'
            when {{ says("found['rest']", 'began') }} then 'started'
        end as kind,
        { 'anchor': 'timeline', 'moment': found['moment'], 'zone': found['zone'] } as found
    from timeline
    where found['moment'] <> ''
),

-- `between 14:05 and 14:40 CEST`: both ends are on the one clock.
ranges as (
    select
        *,
        regexp_extract(
            clause,
            '\b(?:between|from|impact(?:ed)?:?|outage:?|window:?|duration:?) (?:about |around |~)?('
            || '{{ moment_pattern() | trim }}' || ') ?(?:and|to|until|till|through|-|–|—) ?(?:about |around |~)?('
            || '{{ moment_pattern() | trim }}' || ')(?:' || '{{ moment_zone_pattern() | trim }}' || ')?',
            ['first', 'second', 'zone']
        ) as found
    from clauses
),

range_ends as (
    select
        * exclude (found),
        'started' as kind,
        { 'anchor': 'range', 'moment': found['first'], 'zone': found['zone'] } as found
    from ranges
    where found['second'] <> ''
    union all
    select
        * exclude (found),
        'mitigated' as kind,
        { 'anchor': 'range', 'moment': found['second'], 'zone': found['zone'] } as found
    from ranges
    where found['second'] <> ''
),

found_times as (
    {%- for kind in kinds %}
        select * from {{ kind }}_then_time
        where found['moment'] <> ''
        union all
    {%- endfor %}
    select * from range_ends
    union all
    select * from timeline_kinds
    where kind is not null
),

extracted as (
    select *
    from found_times
    where
        found['anchor'] = 'range'
        or kind not in ('started', 'mitigated')
        or not exists (
            select 1
            from range_ends
            where range_ends.text_id = found_times.text_id and range_ends.clause_number = found_times.clause_number
        )
),

-- "down for 20 minutes" is a length; only "has been down for" and "ago" count back from the message.
counted_back as (
    select
        *,
        found['anchor'] as anchor,
        found['moment'] as moment,
        found['zone'] as zone,
        regexp_matches(
            found['moment'],
            '^(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|half an)'
            || ' ?(?:m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|weeks?)\b'
        ) as is_amount
    from extracted
),

usable as (
    select
        *,
        {{ zone_name('zone') }} as zone_name
    from counted_back
    where
        (
            not is_amount
            or regexp_matches(moment, '\bago$')
            or (kind = 'started' and regexp_matches(clause, '\b(has|have|been|last|past|now|since|.s been|already)\b'))
        )
        and not (is_amount and regexp_matches(anchor, '^(from|between|impact)'))
        and not (kind = 'started' and says_not_onset)
        and not (kind in ('mitigated', 'resolved') and says_question)
),

parsed as (
    select
        *,
        coalesce(zone, '') <> '' as has_zone,
        case
            when regexp_matches(zone, '^[+-]') then
                (case when starts_with(zone, '-') then -1 else 1 end)
                * (try_cast(substr(zone, 2, 2) as integer) * 60 + try_cast(right(zone, 2) as integer))
        end as offset_minutes,
        regexp_extract(moment, '(\d{1,2})[:h](\d{2})(?::(\d{2}))? ?([ap]m)?', ['hour', 'minute', 'second', 'half']) as clock,
        regexp_extract(moment, '\b(\d{1,2}) ?([ap]m)\b', ['hour', 'half']) as whole_hour,
        try_cast(nullif(regexp_extract(moment, '\d{4}-\d{2}-\d{2}'), '') as date) as iso_day,
        regexp_extract(moment, '(\d{1,2})(?:st|nd|rd|th)? (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)', ['day', 'month'])
            as day_month,
        regexp_extract(moment, '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (\d{1,2})', ['month', 'day']) as month_day,
        list_position(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], regexp_extract(moment, '^(mon|tue|wed|thu|fri|sat|sun)'))
            as weekday,
        starts_with(moment, 'yesterday') as is_yesterday
    from usable
),

-- The message's own time on the clock that the statement is written in.
localised as (
    select
        *,
        case
            when offset_minutes is not null then said_at + to_minutes(offset_minutes)
            when zone_name is not null then (said_at at time zone 'UTC') at time zone zone_name
            else said_at
        end as said_local,
        case
            when clock['hour'] <> ''
                then
                    try_cast(clock['hour'] as integer) % (case when clock['half'] <> '' then 12 else 24 end)
                    + (case when clock['half'] = 'pm' then 12 else 0 end)
            when
                whole_hour['hour'] <> ''
                then try_cast(whole_hour['hour'] as integer) % 12 + (case when whole_hour['half'] = 'pm' then 12 else 0 end)
        end as hour,
        case when clock['minute'] <> '' then try_cast(clock['minute'] as integer) else 0 end as minute,
        case when clock['second'] <> '' then try_cast(clock['second'] as integer) else 0 end as second,
        case
            when is_amount then
                (case regexp_extract(moment, '^(?:\d+(?:\.\d+)?|[a-z]+)')
                    when 'a' then 1 when 'an' then 1 when 'one' then 1 when 'two' then 2 when 'three' then 3 when 'four' then 4
                    when 'five' then 5 when 'six' then 6 when 'seven' then 7 when 'eight' then 8 when 'nine' then 9 when 'ten' then 10
                    when 'half' then 0.5
                    else try_cast(regexp_extract(moment, '^\d+(?:\.\d+)?') as double)
                end)
                * (case
                    when regexp_matches(moment, '^\S+ ?\S* ?w') and regexp_matches(moment, 'week') then 10080
                    when regexp_matches(moment, '\dd\b|\bdays?\b|\bd\b') then 1440
                    when regexp_matches(moment, '\dh\b|\bhours?\b|\bhrs?\b|\bh\b|\dhrs?\b') then 60
                    else 1
                end)
        end as minutes_ago,
        coalesce(nullif(day_month['month'], ''), nullif(month_day['month'], '')) as month_name,
        coalesce(try_cast(day_month['day'] as integer), try_cast(month_day['day'] as integer)) as month_day_number
    from parsed
),

dated as (
    select
        *,
        case
            when iso_day is not null then iso_day
            when month_name is not null
                then
                    try_cast(printf(
                        '%04d-%02d-%02d',
                        year(said_local),
                        list_position(
                            ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'], month_name
                        ),
                        month_day_number
                    ) as date)
            when weekday is not null
                then
                    said_local::date - cast((isodow(said_local) - weekday + 7) % 7 as integer)
            when is_yesterday then said_local::date - 1
            when hour is not null then coalesce(text_day, said_local::date)
        end as day,
        iso_day is null
        and month_name is null
        and weekday is null
        and not is_yesterday
        and text_day is null
        and hour is not null as is_bare_clock
    from localised
),

placed as (
    select
        *,
        case
            when is_amount then said_local - to_seconds(minutes_ago * 60)
            when day is not null then
                day::timestamp + to_hours(coalesce(hour, 0)) + to_minutes(minute) + to_seconds(second)
        end as stated_local
    from dated
),

-- A day without a year lies before the message; so does a clock time whose zone is known.
before_the_message as (
    select
        *,
        case
            when stated_local <= said_local + interval 5 minute or iso_day is not null then stated_local
            when month_name is not null then stated_local - interval 1 year
            when is_bare_clock and has_zone then stated_local - interval 1 day
            when weekday is not null then stated_local - interval 7 day
        end as local_moment
    from placed
),

stated as (
    select
        member_id,
        text_id,
        said_at,
        place,
        clause_number,
        clause,
        kind,
        case
            when offset_minutes is not null then local_moment - to_minutes(offset_minutes)
            when zone_name is not null then (local_moment at time zone zone_name) at time zone 'UTC'
            when not has_zone then local_moment
        end as stated_at,
        hour is null and not is_amount as is_day_only,
        case
            when local_moment is null then 'a clock time without a zone that lies after its message'
        end as problem
    from before_the_message
),

-- `rolled back, all healthy again`, without a time: it had happened when it was said.
said as (
    select
        member_id,
        text_id,
        said_at,
        place,
        clause_number,
        clause,
        case when says_mitigated then 'mitigated' else 'resolved' end as kind,
        null::timestamp as stated_at,
        false as is_day_only,
        null::varchar as problem
    from clauses
    where
        (says_mitigated or says_resolved)
        and not says_not_yet
        and not says_question
        and not exists (
            select 1
            from extracted
            where
                extracted.text_id = clauses.text_id
                and extracted.clause_number = clauses.clause_number
                and extracted.kind in ('mitigated', 'resolved')
        )
)

select * from stated
union all
select * from said
