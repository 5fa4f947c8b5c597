-- One row a commitment and day: what was paid for it (amortised), what ran under it, and what nobody used.
with charges as (
    select * from {{ ref('int_billing__gpu_charges') }}
    where pricing_category in ('committed', 'capacity_block', 'on_demand') and not is_purchase
),

commitments as (
    select
        commitment_discount_id as commitment_id,
        day,
        sum(effective_cost) as committed_cost,
        sum(effective_cost) filter (where not is_unused_commitment) as used_cost,
        sum(effective_cost) filter (where is_unused_commitment) as unused_cost
    from charges
    where commitment_discount_id is not null and pricing_category = 'committed'
    group by all
),

coverable as (
    select
        day,
        sum(effective_cost) as effective_cost
    from charges
    where not is_unused_commitment and pricing_category in ('committed', 'on_demand')
    group by all
)

select
    commitments.commitment_id,
    commitments.day,
    commitments.committed_cost::decimal(18, 6) as committed_cost,
    coalesce(commitments.used_cost, 0)::decimal(18, 6) as used_cost,
    coalesce(commitments.unused_cost, 0)::decimal(18, 6) as unused_cost,
    (coalesce(commitments.used_cost, 0) / nullif(coverable.effective_cost, 0))::double as coverage,
    (coalesce(commitments.used_cost, 0) / nullif(commitments.committed_cost, 0))::double as utilisation
from commitments
left join coverable using (day)
