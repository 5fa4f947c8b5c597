-- One row a requirement of the readiness scorecard. There is no total: a sum over unlike things means nothing.
with answers as (
    {% for part in ['claims', 'facts', 'declaration', 'track'] %}
        select
            requirement_id,
            status,
            answer,
            evidence,
            claim_ids
        from {{ ref('int_readiness__by_' ~ part) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    requirements.requirement_id,
    requirements.layer,
    requirements.question,
    requirements.answer_kind,
    case
        when requirements.rule = 'built' then 'pass'
        when requirements.rule = 'not_applicable' then 'not_applicable'
        else coalesce(answers.status, 'unknown')
    end as status,
    case
        when requirements.rule in ('built', 'not_applicable') then requirements.missing
        when requirements.rule = 'none' then 'missing: ' || requirements.missing
        else coalesce(answers.answer, 'nothing that was ingested answers it')
    end as answer,
    case requirements.rule when 'built' then 'by construction' else answers.evidence end as evidence,
    coalesce(answers.claim_ids, cast([] as varchar[])) as claim_ids
from {{ ref('readiness_requirements') }} as requirements
left join answers
    on requirements.requirement_id = answers.requirement_id
