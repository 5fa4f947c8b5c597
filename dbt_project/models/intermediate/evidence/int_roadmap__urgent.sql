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

idle as (
    select
        cast(sum(cost) filter (where idle_class = 'unallocated') as double) as unallocated,
        cast(sum(cost) filter (where reason = 'allocated_no_traffic') as double) as no_traffic,
        cast(sum(cost) filter (where idle_class = 'commitment') as double) as commitment
    from {{ ref('fct_idle_cost_daily') }}
    where split_rule = 'gpu_only'
),

claims as (
    select
        max(value) filter (where claim_id = 'cost.idle.unallocated.share') as unallocated_share,
        max(value) filter (where claim_id = 'cost.idle.allocated.share') as allocated_share,
        max(value) filter (where claim_id = 'cost.commitment.utilisation') as utilisation
    from {{ ref('int_claims__tracks') }}
),

levers as (
    select
        'release_unallocated' as item_kind,
        'Release the GPUs that nobody holds' as title,
        'GPUs are paid for and no pod holds them' as problem,
        'cost.idle.unallocated.share' as metric,
        claims.unallocated_share as metric_from,
        claims.unallocated_share / 2 as metric_to,
        idle.unallocated as cost
    from idle cross join claims
    union all
    select
        'stop_unused' as item_kind,
        'Stop or scale to zero what gets no traffic' as title,
        'pods hold GPUs and nobody asks them anything' as problem,
        'cost.idle.allocated.share' as metric,
        claims.allocated_share as metric_from,
        claims.allocated_share
        - 0.5 * idle.no_traffic / nullif((select sum(effective_cost) from {{ ref('fct_gpu_spend_daily') }}), 0) as metric_to,
        idle.no_traffic as cost
    from idle cross join claims
    union all
    select
        'resell_commitment' as item_kind,
        'Use the commitments that are paid for, or let them go' as title,
        'a part of the commitments runs nothing' as problem,
        'cost.commitment.utilisation' as metric,
        claims.utilisation as metric_from,
        claims.utilisation + (1 - claims.utilisation) / 2 as metric_to,
        idle.commitment as cost
    from idle cross join claims
),

best_lever as (
    select
        'lever.' || levers.item_kind as item_id,
        levers.title,
        levers.problem,
        printf('%.2f in the window', levers.cost) as evidence,
        'track' as owner_scope,
        'cost' as owner_name,
        levers.item_kind,
        cast(null as double) as effort_days,
        levers.metric,
        levers.metric_from,
        levers.metric_to,
        -- half of it: what the target of the item asks for
        levers.cost * audit.per_30_days / 2 as benefit,
        {{ audit_currency() }} || ' per 30 days' as benefit_unit,
        [levers.metric] as claim_ids,
        1000000 as priority
    from levers
    cross join audit
    where levers.cost > 0 and levers.metric_from is not null
    qualify row_number() over (order by levers.cost desc, levers.item_kind asc) = 1
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
