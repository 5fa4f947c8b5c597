-- One row an incident and a time of it that is known, stated or declared, with the reason where it is not used: what breaks the order of
-- things, and what was written in a way that cannot be told without guessing.
with known as (
    unpivot (
        select
            incident_id,
            started_basis,
            started_at,
            detected_at,
            acknowledged_at,
            mitigated_at,
            resolved_at
        from {{ ref('int_incidents__stated_times') }}
    )
    on started_at, detected_at, acknowledged_at, mitigated_at, resolved_at
    into name time_name value value
),

problems as (
    select
        incident_id,
        column_name,
        string_agg(reason || ' (' || strftime(compared_with, '%Y-%m-%d %H:%M') || ')', '; ' order by reason) as problem
    from {{ ref('int_incidents__time_problems') }}
    group by incident_id, column_name
),

judged as (
    select
        known.incident_id,
        known.time_name,
        known.value,
        if(known.time_name = 'started_at', known.started_basis, null) as basis,
        problems.problem,
        -- seen by a machine, it stays, whatever else is said
        problems.problem is null or known.time_name = 'detected_at' as is_used,
        cast(null as varchar) as written
    from known
    left join problems on known.incident_id = problems.incident_id and known.time_name = problems.column_name
),

unreadable as (
    select
        members.incident_id,
        statements.kind || '_at' as time_name,
        cast(null as timestamp) as value,
        'stated' as basis,
        statements.problem,
        false as is_used,
        left(sentences.clause, 200) as written
    from {{ ref('int_incidents__statements') }} as statements
    inner join {{ ref('int_incidents__sentences') }} as sentences
        on statements.text_id = sentences.text_id and statements.clause_number = sentences.clause_number
    inner join {{ ref('int_incidents__parts') }} as parts on statements.text_id = parts.text_id
    inner join {{ ref('int_incidents__members') }} as members on parts.part_id = members.member_id
    where statements.problem is not null
),

-- A length that fits the clock, from detection or from the start, says nothing new.
wrong_lengths as (
    select
        incident_id,
        time_name,
        cast(null as timestamp) as value,
        'stated_length' as basis,
        'stated as ' || cast(round(stated_minutes) as integer) || ' minutes; by the clock '
        || concat_ws(
            ', ',
            cast(round(minutes_from_detection) as integer) || ' from detection',
            cast(round(minutes_from_start) as integer) || ' from the start'
        ) as problem,
        false as is_used,
        left(clause, 200) as written
    from {{ ref('int_incidents__stated_lengths') }}
    where
        coalesce(minutes_from_detection, minutes_from_start) is not null
        and coalesce(abs(stated_minutes - minutes_from_detection) > tolerance_minutes, true)
        and coalesce(abs(stated_minutes - minutes_from_start) > tolerance_minutes, true)
),

listed as (
    select * from judged
    union all
    select * from unreadable
    union all
    select * from wrong_lengths
)

select
    listed.incident_id,
    listed.time_name,
    row_number() over (
        partition by listed.incident_id, listed.time_name order by not listed.is_used, listed.value, listed.written
    ) as place,
    listed.value,
    listed.basis,
    listed.is_used,
    listed.problem,
    listed.written
from listed
inner join {{ ref('fct_incidents') }} as incidents on listed.incident_id = incidents.incident_id
