-- One row a billing source and provider: a computed price has cents. Whole effective costs beside fractional billed ones were rounded on
-- export (an effective cost of 0 beside a billed one is a whole amount too). Fewer than 20 charges say nothing,
-- and nor do converted ones.
with shares as (
    select
        source,
        provider,
        count(*) as charges,
        avg(case when effective_cost = round(effective_cost) then 1.0 else 0.0 end) as whole_effective,
        avg(case when billed_cost = round(billed_cost) then 1.0 else 0.0 end) as whole_billed,
        cast(sum(effective_cost) as double) as effective_cost,
        cast(sum(billed_cost) as double) as billed_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    where billed_cost <> 0 and effective_cost is not null and charge_category = 'Usage' and exchange_rate is null
    group by all
)

select
    source,
    coalesce(provider, '') || ' in ' || source as subject,
    case when charges >= 20 then not (whole_effective >= 0.99 and whole_billed < 0.5) end as ok,
    effective_cost as console_value,
    billed_cost as true_value,
    'currency' as unit,
    abs(effective_cost - billed_cost) as cost_at_stake,
    printf(
        '%.1f %% of the effective costs of %s are whole amounts, %.1f %% of the billed ones: effective cost was rounded',
        100 * whole_effective, coalesce(provider, source), 100 * whole_billed
    ) as detail
from shares
