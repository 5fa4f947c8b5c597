-- One row a question about the estate that a mart answers in its own way (rule `custom` of the requirements), by name of the question.
-- Status null: the marts do not know.
with claims as (
    select
        max(value) filter (where claim_id = 'cost.trend.spend') as spend_trend,
        max(value) filter (where claim_id = 'cost.trend.usage') as usage_trend,
        max(value) filter (where claim_id = 'rel.incidents.total') as incidents
    from {{ ref('int_claims__tracks') }}
),

gaps as (
    select
        max(gap) filter (where source_group = 'manifests') as manifests,
        max(gap) filter (where source_group = 'incidents') as incidents,
        max(gap) filter (where source_group = 'billing') as billing
    from {{ ref('int_evidence__source_groups') }}
),

repeated as (
    select
        count(*) as pairs,
        string_agg(
            service || ': ' || incidents || ' × ' || replace(mode, '_', ' '), ', ' order by incidents desc, service asc, mode asc
        ) as shown
    from (
        select
            named.mode,
            named.service,
            count(*) as incidents
        from (
            select
                mode,
                unnest(services) as service
            from {{ ref('fct_incidents') }}
            where not is_near_miss
        ) as named
        group by all
        having count(*) >= 2
    ) as related
),

incidents as (
    select
        count(*) filter (where is_near_miss) as near_misses,
        count(*) filter (where blast_radius is not null) as with_radius,
        count(*) as incidents,
        count(*) filter (where mode = 'unknown_other') as unclassified
    from {{ ref('fct_incidents') }}
),

modes as (
    select
        count(*) filter (where incidents > 0) as struck,
        count(*) filter (where incidents > 0 and guardrail_state in ('untested', 'proven')) as guarded,
        string_agg(mode, ', ' order by mode) filter (where incidents > 0 and guardrail_state in ('absent', 'broken', 'unmeasurable'))
            as bare
    from {{ ref('fct_failure_modes') }}
),

guardrails as (
    select
        count(*) as guardrails,
        count(*) filter (where state = 'proven') as proven
    from {{ ref('dim_guardrails') }}
),

workloads as (
    select
        count(*) as workloads,
        count(kind) as with_kind,
        count(distinct service) as services
    from {{ ref('stg_declared__workloads') }}
),

compound as (
    select
        count(*) filter (where workloads > 1) as compound,
        string_agg(service, ', ' order by service) filter (where workloads > 1) as names
    from (
        select
            service,
            count(*) as workloads
        from {{ ref('stg_declared__workloads') }}
        group by service
    ) as by_service
),

proposals as (
    select
        count(distinct service) as services,
        count(distinct service) filter (where objective is not null and rationale is not null) as reasoned,
        count(*) filter (where folklore) as folklore,
        string_agg(distinct service, ', ' order by service) filter (where folklore) as folklore_services
    from {{ ref('fct_slo_proposal') }}
),

spend as (
    select
        count(*) as rows,
        count(distinct gpu_model) as models,
        count(*) filter (where gpu_model is null) as without_model,
        coalesce(sum(effective_cost) filter (where pricing_category = 'on_prem'), 0) as on_prem
    from {{ ref('fct_gpu_spend_daily') }}
),

elasticity as (
    select count(distinct workload) as workloads
    from {{ ref('fct_cost_elasticity') }}
    where observed and cost_per_unit is not null
),

fixes as (
    select
        count(*) as items,
        count(*) filter (where effort_days is not null) as with_effort
    from {{ ref('fct_fix_first') }}
),

spofs as (
    select count(*) as spofs
    from {{ ref('fct_spofs') }}
),

tenants as (
    select
        count(*) as rows,
        count(distinct tenant) filter (where tenant <> '') as tenants
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
),

conversations as (
    select count(*) as messages
    from {{ ref('stg_incidents__slack_messages') }}
),

containers as (
    select count(*) filter (where gpus > 0) as gpu_containers
    from {{ ref('stg_manifests__containers') }}
),

answers as (
    select
        'spend_outgrows_work' as question,
        case when spend_trend is not null and usage_trend is not null then if(spend_trend > usage_trend, 'attention', 'pass') end as status,
        printf('spend changed by %.1f %%, work by %.1f %%', 100 * spend_trend, 100 * usage_trend) as answer,
        'fct_cost_trend' as evidence,
        ['cost.trend.spend', 'cost.trend.usage'] as claim_ids
    from claims
    union all
    select
        'repeated_mode' as question,
        case when gaps.incidents is null then if(repeated.pairs > 0, 'attention', 'pass') end as status,
        coalesce(left(repeated.shown, 300), 'no service had the same mode twice') as answer,
        'fct_incidents' as evidence,
        ['rel.incidents.total'] as claim_ids
    from repeated cross join gaps
    union all
    select
        'triggers' as question,
        case
            when claims.spend_trend > claims.usage_trend or repeated.pairs > 0 then 'pass' when
                claims.spend_trend is not null and claims.usage_trend is not null and gaps.incidents is null
                then 'attention'
        end as status,
        concat_ws(
            '; ',
            if(claims.spend_trend > claims.usage_trend, 'yes: spend outgrows work', null),
            if(repeated.pairs > 0, 'yes: related incidents (' || left(repeated.shown, 150) || ')', null),
            if(repeated.pairs = 0 and not coalesce(claims.spend_trend > claims.usage_trend, false), 'no trigger that data can show', null)
        ) as answer,
        'fct_cost_trend, fct_incidents' as evidence,
        ['cost.trend.spend', 'cost.trend.usage', 'rel.incidents.total'] as claim_ids
    from claims cross join repeated cross join gaps
    union all
    select
        'on_prem_cost' as question,
        case when gaps.billing is null then if(spend.on_prem > 0, 'pass', 'not_applicable') end as status,
        if(spend.on_prem > 0, printf('%.2f of on-prem cost', spend.on_prem), 'no on-prem cost is billed or declared') as answer,
        'fct_gpu_spend_daily' as evidence,
        ['cost.fixed.share'] as claim_ids
    from spend cross join gaps
    union all
    select
        'kinds_declared' as question,
        if(workloads > 0, if(with_kind = workloads, 'declared', 'attention'), null) as status,
        with_kind || ' of ' || workloads || ' workloads have a declared kind' as answer,
        'audit.yaml' as evidence,
        [] as claim_ids
    from workloads
    union all
    select
        'compound_services' as question,
        if(workloads.workloads > 0, 'declared', null) as status,
        coalesce(compound.compound || ' services of several workloads: ' || compound.names, 'every service is one workload') as answer,
        'audit.yaml' as evidence,
        [] as claim_ids
    from compound cross join workloads
    union all
    select
        'elasticity' as question,
        if(workloads > 0, 'pass', null) as status,
        workloads || ' workloads with observed points' as answer,
        'fct_cost_elasticity' as evidence,
        [] as claim_ids
    from elasticity
    union all
    select
        'near_misses' as question,
        if(gaps.incidents is null, 'pass', null) as status,
        incidents.near_misses || ' near misses found' as answer,
        'fct_incidents' as evidence,
        ['rel.incidents.total'] as claim_ids
    from incidents cross join gaps
    union all
    select
        'slack_read' as question,
        if(messages > 0, 'pass', null) as status,
        messages || ' messages read' as answer,
        'fct_incidents' as evidence,
        ['rel.incidents.total'] as claim_ids
    from conversations
    union all
    select
        'blast_radius' as question,
        if(incidents > 0, if(with_radius = incidents, 'pass', 'attention'), null) as status,
        with_radius || ' of ' || incidents || ' incidents say how far they reached' as answer,
        'fct_incidents' as evidence,
        ['rel.incidents.total'] as claim_ids
    from incidents
    union all
    select
        'guardrail_per_mode' as question,
        case
            when gaps.incidents is not null then null
            when modes.bare is not null then 'fail'
            when modes.guarded = modes.struck then 'pass'
        end as status,
        coalesce(
            'without a working guardrail: ' || replace(modes.bare, '_', ' '),
            modes.guarded || ' of ' || modes.struck || ' modes that struck are guarded'
        ) as answer,
        'fct_failure_modes' as evidence,
        [] as claim_ids
    from modes cross join gaps
    union all
    select
        'guardrails_proven' as question,
        if(guardrails > 0, if(proven = guardrails, 'pass', 'attention'), null) as status,
        proven || ' of ' || guardrails || ' guardrails fired in a real incident' as answer,
        'dim_guardrails' as evidence,
        [] as claim_ids
    from guardrails
    union all
    select
        'spofs_listed' as question,
        if(gaps.manifests is null, 'pass', null) as status,
        spofs.spofs || ' single points of failure listed' as answer,
        'fct_spofs' as evidence,
        [] as claim_ids
    from spofs cross join gaps
    union all
    select
        'fix_first' as question,
        if(items > 0, if(with_effort = items, 'pass', 'attention'), null) as status,
        with_effort || ' of ' || items || ' items have an effort' as answer,
        'fct_fix_first' as evidence,
        [] as claim_ids
    from fixes
    union all
    select
        'slo_per_service' as question,
        if(services > 0, if(reasoned = services, 'pass', 'attention'), null) as status,
        reasoned || ' of ' || services || ' services have an objective' as answer,
        'fct_slo_proposal' as evidence,
        [] as claim_ids
    from proposals
    union all
    select
        'slo_rationale' as question,
        if(services > 0, if(reasoned = services, 'pass', 'fail'), null) as status,
        reasoned || ' of ' || services || ' services have an objective with its reason' as answer,
        'fct_slo_proposal' as evidence,
        [] as claim_ids
    from proposals
    union all
    select
        'folklore' as question,
        if(services > 0, if(folklore > 0, 'fail', 'pass'), null) as status,
        coalesce('nothing supports the declared target of ' || folklore_services, 'no declared target is folklore') as answer,
        'fct_slo_proposal' as evidence,
        [] as claim_ids
    from proposals
    union all
    select
        'reliability_gate' as question,
        case when gaps.incidents is null and gaps.manifests is null then if(incidents.unclassified = 0, 'pass', 'attention') end as status,
        incidents.incidents || ' incidents, ' || incidents.unclassified || ' without a mode' as answer,
        'fct_incidents, fct_spofs' as evidence,
        ['rel.incidents.total'] as claim_ids
    from incidents cross join gaps
    union all
    select
        'gpu_types' as question,
        if(rows > 0 and models > 0, if(without_model = 0, 'pass', 'attention'), null) as status,
        models || ' GPU models are billed' as answer,
        'fct_gpu_spend_daily' as evidence,
        [] as claim_ids
    from spend
    union all
    select
        'tenants' as question,
        if(tenants > 0, 'pass', null) as status,
        tenants || ' tenants named by pod labels' as answer,
        'fct_workload_cost_daily' as evidence,
        [] as claim_ids
    from tenants
    union all
    select
        question,
        status,
        answer,
        evidence,
        claim_ids
    from {{ ref('int_readiness__roadmap_questions') }}
    union all
    select
        'runtimes' as question,
        if(gpu_containers > 0, 'pass', null) as status,
        gpu_containers || ' containers with GPUs, each with its image' as answer,
        'manifests' as evidence,
        [] as claim_ids
    from containers
)

select
    requirements.requirement_id,
    coalesce(answers.status, 'unknown') as status,
    case when answers.status is null then 'missing: ' || requirements.missing else answers.answer end as answer,
    answers.evidence,
    cast(coalesce(answers.claim_ids, []) as varchar[]) as claim_ids
from {{ ref('readiness_requirements') }} as requirements
left join answers
    on requirements.argument = answers.question
where requirements.rule = 'custom'
