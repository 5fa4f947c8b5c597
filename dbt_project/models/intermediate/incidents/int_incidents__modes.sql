-- One row an incident: its failure mode, from the words of all its members, from the thresholds that were crossed and
-- from what metrics saw where it happened.
with member_texts as (
    select
        members.incident_id,
        parts.text_id
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__parts') }} as parts on members.member_id = parts.part_id
),

matches as (
    select
        member_texts.incident_id,
        matched.mode,
        matched.detail,
        matched.weight,
        matched.words
    from {{ ref('int_incidents__signature_matches') }} as matched
    inner join member_texts on matched.text_id = member_texts.text_id
    union all
    select
        members.incident_id,
        crossings.mode,
        crossings.threshold as detail,
        -- As good as an alert on the same condition.
        4.0 as weight,
        crossings.threshold || ' on ' || crossings.node || ' from ' || strftime(crossings.started_at, '%Y-%m-%d %H:%M') || ' UTC' as words
    from {{ ref('int_incidents__members') }} as members
    inner join {{ ref('int_incidents__crossings') }} as crossings on members.member_id = crossings.member_id
    union all
    select
        incident_id,
        mode,
        detail,
        weight,
        words
    from {{ ref('int_incidents__signal_matches') }}
),

modes as ({{ incident_modes('matches', 'incident_id') }})

select
    key as incident_id,
    mode,
    detail as mode_detail,
    confidence as mode_confidence,
    evidence as mode_evidence,
    points as mode_points
from modes
