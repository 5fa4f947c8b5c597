-- One row an incident and a length that somebody stated of it (`time to resolve: 4h 9m`), with the same length by the clock, from
-- detection and from the start. Some count working hours only: what they state is shown beside the clock, and never used.
with clauses as (
    select distinct
        members.incident_id,
        sentences.clause
    from {{ ref('int_incidents__sentences') }} as sentences
    inner join {{ ref('int_incidents__parts') }} as parts on sentences.text_id = parts.text_id
    inner join {{ ref('int_incidents__members') }} as members on parts.part_id = members.member_id
    where regexp_matches(sentences.clause, '\btime to [a-z]+.*\d') and not sentences.says_question
),

found as (
    select
        incident_id,
        clause,
        regexp_extract(
            clause,
            '\btime to (detect|acknowledge|repair|mitigate|restore|resolve|recover)[a-z]*'
            || '[^0-9a-z]{1,4}(?:was |is |of )?(?:about |around |~)?'
            || '((?:\d+(?:\.\d+)? ?(?:days?|d|hours?|hrs?|h|minutes?|mins?|m)\b[ ,]*(?:and )?)+)',
            ['what', 'length']
        ) as stated
    from clauses
),

measured as (
    select
        incident_id,
        clause,
        case stated['what']
            when 'detect' then 'detected_at'
            when 'acknowledge' then 'acknowledged_at'
            when 'resolve' then 'resolved_at'
            when 'recover' then 'resolved_at'
            else 'mitigated_at'
        end as time_name,
        1440 * coalesce(try_cast(regexp_extract(stated['length'], '([\d.]+) ?d', 1) as double), 0)
        + 60 * coalesce(try_cast(regexp_extract(stated['length'], '([\d.]+) ?h', 1) as double), 0)
        + coalesce(try_cast(regexp_extract(stated['length'], '([\d.]+) ?m', 1) as double), 0) as stated_minutes,
        -- as exact as the smallest unit that is written
        case
            when regexp_matches(stated['length'], '\d ?m') then 1
            when regexp_matches(stated['length'], '\d ?h') then 30
            else 720
        end as tolerance_minutes
    from found
    where stated['length'] <> ''
),

clocked as (
    select
        measured.*,
        case measured.time_name
            when 'detected_at' then times.detected_at
            when 'acknowledged_at' then times.acknowledged_at
            when 'mitigated_at' then times.mitigated_at
            else times.resolved_at
        end as ended_at,
        times.started_at,
        times.detected_at
    from measured
    inner join {{ ref('int_incidents__times') }} as times on measured.incident_id = times.incident_id
)

select
    incident_id,
    time_name,
    clause,
    stated_minutes,
    tolerance_minutes,
    if(time_name = 'detected_at', null, epoch(ended_at - detected_at) / 60) as minutes_from_detection,
    epoch(ended_at - started_at) / 60 as minutes_from_start
from clocked
