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
),

judged as (
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
),

said as (
    select
        requirement_id,
        answer,
        replace(answer, '_', ' ')
        || coalesce(', says ' || said_by, ', says audit.yaml')
        || coalesce(' on ' || said_on, '')
        || coalesce(': ' || evidence, '') as words
    from {{ ref('stg_declared__checklist') }}
)

-- What a person says fills a gap that data cannot fill; it never stands in for data that could, and never overrules what was found.
select
    judged.requirement_id,
    judged.layer,
    judged.question,
    judged.answer_kind,
    case
        when said.answer is null or judged.status <> 'unknown' or judged.answer_kind = 'automatic' then judged.status
        when said.answer = 'yes' then 'declared'
        when said.answer = 'no' then 'fail'
        else 'not_applicable'
    end as status,
    case
        when said.answer is null then judged.answer
        when judged.status = 'unknown' and judged.answer_kind <> 'automatic' then said.words
        when judged.answer_kind = 'automatic' then judged.answer || '; not asked: ' || said.words
        else judged.answer || '; ' || said.words
    end as answer,
    if(
        said.answer is not null and judged.status = 'unknown' and judged.answer_kind <> 'automatic', 'audit.yaml checklist', judged.evidence
    ) as evidence,
    judged.claim_ids
from judged
left join said
    on judged.requirement_id = said.requirement_id
