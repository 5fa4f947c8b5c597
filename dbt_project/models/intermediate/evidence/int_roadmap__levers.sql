-- One row a cost lever that is no tuning: half of what it costs now is the goal. `is_dearest`: the one for weeks 1-4.
with audit as (
    select 30.0 / (date_diff('day', window_start, window_end) + 1) as per_30_days
    from {{ ref('meta_audit') }}
),

bill as (
    select sum(effective_cost) as total
    from {{ ref('fct_gpu_spend_daily') }}
)

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
    1000000 + levers.rank as priority,  -- ranked last of its phase: money and reliability are not weighed against each other
    row_number() over (order by levers.rank) = 1 as is_dearest,
    {{ worth_planning('levers.cost', 'bill.total') }} as is_worth_planning
from {{ ref('fct_cost_levers') }} as levers
inner join {{ ref('int_claims__tracks') }} as claims
    on levers.metric = claims.claim_id
cross join audit
cross join bill
-- tuning before week 9 is optimisation without a baseline
where not levers.is_tuning and claims.value is not null
