-- One row a conversation, page or alert, with what was said in it, before any of it is judged. Decides which texts are worth matching
-- against signatures: a conversation without a symptom, or without anything concrete (a time, an effect, something done), speaks of no
-- incident.
with said as (
    select
        member_id,
        bool_or(says_symptom and not says_question) as has_symptom,
        bool_or(
            says_no_impact or says_near_miss or says_customer_impact or says_service_impact or says_work_lost or says_incident_word
            or says_action or says_mitigated or regexp_matches(clause, '\b(since|at|from|ago)\b.{0,12}\d')
        ) as is_concrete
    from {{ ref('int_incidents__sentences') }}
    group by member_id
)

select
    member_id,
    has_symptom,
    is_concrete,
    not starts_with(member_id, 'slack:')
    or (has_symptom and is_concrete)
    or member_id in (
        select incident_id
        from {{ ref('stg_declared__incident_overrides') }}
    ) as is_worth_reading
from said
