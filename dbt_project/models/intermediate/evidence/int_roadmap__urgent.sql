-- One row a candidate for weeks 1-4: what broke or can break everything and is fixed within two weeks, error budgets that are gone, and
-- the one cost lever that is worth most. Pins are foundation. int_roadmap__planned says how much of it an owner has time for.
with fixes as (
    select
        fixes.rank,
        fixes.item,
        fixes.mode_or_spof,
        fixes.evidence,
        fixes.effort_days,
        fixes.benefit,
        fixes.benefit_unit,
        fixes.claim_id,
        spofs.service,
        spofs.spof_id is not null as is_spof,
        modes.incidents,
        modes.per_30_days
    from {{ ref('fct_fix_first') }} as fixes
    left join {{ ref('fct_spofs') }} as spofs
        on fixes.mode_or_spof = spofs.spof_id
    left join {{ ref('fct_failure_modes') }} as modes
        on fixes.mode_or_spof = modes.mode
    where spofs.kind is null or spofs.kind not in ('unexplained_pin', 'mutable_tag', 'unmirrored_registry')
),

chosen as (
    select
        'fix.' || mode_or_spof as item_id,
        item as title,
        if(
            is_spof,
            'a single point of failure: ' || replace(split_part(mode_or_spof, '.', 1), '_', ' '),
            replace(mode_or_spof, '_', ' ') || if(incidents > 1, ' keeps happening', ' happened')
        ) as problem,
        evidence,
        if(is_spof and service is not null, 'service', 'track') as owner_scope,
        if(is_spof and service is not null, service, 'reliability') as owner_name,
        cast(null as varchar) as item_kind,
        cast(effort_days as double) as effort_days,
        if(is_spof, 'single points of failure of this kind and object', 'rel.mode.' || mode_or_spof || '.per_30_days') as metric,
        if(is_spof, 1.0, per_30_days) as metric_from,
        if(is_spof, 0.0, per_30_days / 2) as metric_to,
        -- half as often is half of what it costs now
        cast(benefit as double) / 2 as benefit,
        benefit_unit,
        [claim_id] as claim_ids,
        10 * rank as priority
    from fixes
    -- two weeks of one person
    where effort_days <= 10
),

-- The last word on a budget is that of its last day. A target that is folklore has no budget worth defending.
budgets as (
    select
        replay.service,
        replay.sli,
        arg_max(replay.objective_source, replay.day) as objective_source,
        arg_max(replay.objective, replay.day) as objective,
        arg_max(replay.exhausted, replay.day) as exhausted,
        arg_max(replay.window_days, replay.day) as window_days
    from {{ ref('fct_error_budget_replay') }} as replay
    where replay.objective_source = 'declared'
    group by replay.service, replay.sli
),

exhausted as (
    select
        'budget.' || budgets.service || '.' || budgets.sli as item_id,
        'Stop what spends the error budget of ' || replace(budgets.sli, '_', ' ') || ' of ' || budgets.service as title,
        'the error budget of ' || budgets.window_days || ' days is gone' as problem,
        'spent ' || claims.value_text || ' of the budget of the declared objective' as evidence,
        'service' as owner_scope,
        budgets.service as owner_name,
        'stop_budget_burn' as item_kind,
        cast(null as double) as effort_days,
        claims.claim_id as metric,
        claims.value as metric_from,
        1.0 as metric_to,
        claims.value - 1 as benefit,
        'error budgets' as benefit_unit,
        [claims.claim_id] as claim_ids,
        -- a promise that is broken now comes before what may break
        1 as priority
    from budgets
    inner join {{ ref('int_claims__tracks') }} as claims
        on claims.claim_id = 'slo.' || budgets.service || '.' || budgets.sli || '.spend'
    anti join {{ ref('fct_slo_proposal') }} as folklore
        on budgets.service = folklore.service and budgets.sli = folklore.sli and folklore.folklore
    where budgets.exhausted and claims.value >= 1
),

dearest_lever as (
    select * exclude (is_worth_planning, is_dearest)
    from {{ ref('int_roadmap__levers') }}
    where is_dearest
)

{% for part in ['chosen', 'exhausted', 'dearest_lever'] %}
    select * from {{ part }}
    {{ 'union all by name' if not loop.last }}
{% endfor %}
