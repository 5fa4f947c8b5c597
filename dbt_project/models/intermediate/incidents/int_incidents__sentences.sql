-- One row a clause of a text, lower case, with what kind of statement it is. Negation and time are told clause by clause.
{% set kinds = [
    'no_impact', 'near_miss', 'customer_impact', 'service_impact', 'work_lost', 'symptom', 'reversal', 'joke', 'question', 'planned',
    'in_the_past', 'personal', 'incident_word', 'action', 'mitigated', 'resolved', 'not_yet', 'still_bad', 'second_incident', 'first_of_two',
    'internal_only', 'not_onset', 'radius_cluster', 'radius_service', 'radius_node', 'radius_pod'
] %}
with marked as (
    -- A dot, comma or dash before a digit is part of a number or a date, not the end of a clause.
    select
        member_id,
        text_id,
        said_at,
        place,
        string_split_regex(
            regexp_replace(
                regexp_replace(lower(text), '([.!?;]|,)\s+([^0-9\s])', '\1' || chr(10) || '\2', 'g'),
                '\s+[-–—]+\s+([^0-9\s])|\s+(?:but|however|though|although|whereas)\s+', chr(10) || '\1', 'g'
            ),
            '\n+'
        ) as clauses
    from {{ ref('int_incidents__texts') }}
),

clauses as (
    select
        member_id,
        text_id,
        said_at,
        place,
        unnest(clauses) as clause,
        generate_subscripts(clauses, 1) as clause_number
    from marked
),

spoken as (
    select
        member_id,
        text_id,
        said_at,
        place,
        clause_number,
        trim(clause) as clause
    from clauses
    where trim(clause) <> ''
)

select
    member_id,
    text_id,
    said_at,
    place,
    clause_number,
    clause,
{%- for kind in kinds %}
    {{ says('clause', kind) }}{% if kind == 'reversal' %}
        and not {{ says('clause', 'not_reversed') }}{% endif %}
        as says_{{ kind }}{{ ',' if not loop.last }}
{%- endfor %}
from spoken
