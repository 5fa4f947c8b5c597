-- One row a requirement that only people can answer: what audit.yaml says. What is declared is not thereby true.
with audit as (
    select
        stakeholder,
        review_date,
        review_attendees,
        cost_owner is not null
        and reliability_owner is not null
        and slo_owner is not null
        and roadmap_owner is not null as all_tracks_owned,
        concat_ws(', ', cost_owner, reliability_owner, slo_owner, roadmap_owner) as owners
    from {{ ref('meta_audit') }}
),

services as (
    select
        count(*) as services,
        count(consumer) as with_consumer,
        count(coalesce(tolerance_latency_ms, tolerance_timeout_ms)) as with_tolerance
    from {{ ref('stg_declared__services') }}
),

guardrails as (
    select
        count(*) as guardrails,
        count(tested_on) as tested
    from {{ ref('stg_declared__guardrails') }}
),

answers as (
    select
        'stakeholder' as argument,
        stakeholder is not null as is_declared,
        coalesce('named: ' || stakeholder, 'audit.stakeholder is not declared') as answer
    from audit
    union all
    select
        'review' as argument,
        review_date is not null and len(review_attendees) > 0 as is_declared,
        coalesce(
            'on ' || review_date || ' with ' || nullif(array_to_string(review_attendees, ', '), ''),
            'audit.review lacks its date or its attendees'
        )
            as answer
    from audit
    union all
    select
        'track_owners' as argument,
        all_tracks_owned as is_declared,
        case when all_tracks_owned then owners else 'audit.track_owners names ' || coalesce(nullif(owners, ''), 'nobody') end as answer
    from audit
    union all
    select
        'consumers' as argument,
        services > 0 and with_consumer = services as is_declared,
        with_consumer || ' of ' || services || ' services name their consumer' as answer
    from services
    union all
    select
        'tolerance' as argument,
        services > 0 and with_tolerance = services as is_declared,
        with_tolerance || ' of ' || services || ' services say what their consumer can bear' as answer
    from services
    union all
    select
        'guardrails_tested' as argument,
        guardrails > 0 and tested = guardrails as is_declared,
        tested || ' of ' || guardrails || ' declared guardrails have a date of their last test' as answer
    from guardrails
)

select
    requirements.requirement_id,
    case when answers.is_declared then 'declared' else 'unknown' end as status,
    coalesce(answers.answer, 'audit.yaml says nothing about it') as answer,
    'audit.yaml' as evidence,
    cast([] as varchar[]) as claim_ids
from {{ ref('readiness_requirements') }} as requirements
left join answers
    on requirements.argument = answers.argument
where requirements.rule = 'declared'
