-- One row an item of weeks 1-4: what to fix first, as far as one person gets in four weeks (20 days), and the largest cost lever.
with audit as (
    select 30.0 / (date_diff('day', window_start, window_end) + 1) as per_30_days
    from {{ ref('meta_audit') }}
),

fixes as (
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
        modes.per_30_days,
        sum(fixes.effort_days) over (order by fixes.rank, fixes.item, fixes.mode_or_spof) as effort_so_far
    from {{ ref('fct_fix_first') }} as fixes
    left join {{ ref('fct_spofs') }} as spofs
        on fixes.mode_or_spof = spofs.spof_id
    left join {{ ref('fct_failure_modes') }} as modes
        on fixes.mode_or_spof = modes.mode
),

chosen as (
    select
        'fix.' || mode_or_spof as item_id,
        item as title,
        if(is_spof, 'a single point of failure: ' || mode_or_spof, replace(mode_or_spof, '_', ' ') || ' keeps happening') as problem,
        evidence,
        if(is_spof and service is not null, 'service', 'track') as owner_scope,
        if(is_spof and service is not null, service, 'reliability') as owner_name,
        cast(null as varchar) as item_kind,
        cast(effort_days as double) as effort_days,
        if(is_spof, 'single points of failure of this kind and object', 'rel.mode.' || mode_or_spof || '.per_30_days') as metric,
        if(is_spof, 1.0, per_30_days) as metric_from,
        if(is_spof, 0.0, per_30_days / 2) as metric_to,
        cast(benefit as double) as benefit,
        benefit_unit,
        [claim_id] as claim_ids,
        rank as priority
    from fixes
    -- the first item is urgent however long it takes
    where effort_so_far <= 20 or effort_so_far = effort_days
),

bill as (
    select sum(effective_cost) as total
    from {{ ref('fct_gpu_spend_daily') }}
),

best_lever as (
    select
        'lever.' || levers.lever as item_id,
        levers.title,
        levers.problem,
        printf('%.2f in the window', levers.cost) as evidence,
        'track' as owner_scope,
        'cost' as owner_name,
        levers.lever as item_kind,
        cast(null as double) as effort_days,
        levers.metric,
        claims.value as metric_from,
        -- half of it
        case
            when levers.metric like 'cost.commitment.%' then claims.value + (1 - claims.value) / 2
            else claims.value - 0.5 * levers.cost / bill.total
        end as metric_to,
        cast(levers.cost as double) * audit.per_30_days / 2 as benefit,
        {{ audit_currency() }} || ' per 30 days' as benefit_unit,
        ['cost.lever.' || levers.lever, levers.metric] as claim_ids,
        1000000 as priority
    from {{ ref('fct_cost_levers') }} as levers
    inner join {{ ref('int_claims__tracks') }} as claims on levers.metric = claims.claim_id
    cross join audit
    cross join bill
    -- tuning before week 9 is optimisation without a baseline
    where not levers.is_tuning and claims.value is not null
    order by levers.rank
    limit 1
)

select
    item_id,
    title,
    problem,
    evidence,
    owner_scope,
    owner_name,
    item_kind,
    effort_days,
    metric,
    metric_from,
    metric_to,
    benefit,
    benefit_unit,
    claim_ids,
    priority
from chosen
union all
select
    item_id,
    title,
    problem,
    evidence,
    owner_scope,
    owner_name,
    item_kind,
    effort_days,
    metric,
    metric_from,
    metric_to,
    benefit,
    benefit_unit,
    claim_ids,
    priority
from best_lever
