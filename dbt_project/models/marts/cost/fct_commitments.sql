-- One row a commitment and day: what was paid for it (amortised), what ran under it, and what nobody used. A day with covered usage
-- whose amortised cost the bill leaves out has no used cost, rather than too little of it; nor is there a coverage of a day on which a bill
-- does not say which commitment was used (Google Cloud).
with charges as (
    select
        commitment_discount_id,
        day,
        pricing_category,
        is_unused_commitment,
        charge_category,
        effective_cost
    from {{ ref('int_billing__gpu_charges') }}
    where not is_purchase
),

commitments as (
    select
        -- Azure spells one id in several cases
        min(min(commitment_discount_id)) over (partition by lower(commitment_discount_id)) as commitment_id,
        day,
        coalesce(sum(effective_cost) filter (where not is_unused_commitment), 0) as used_cost,
        coalesce(sum(effective_cost) filter (where is_unused_commitment), 0) as unused_cost,
        count(*) filter (where effective_cost is null) as charges_without_cost
    from charges
    where commitment_discount_id is not null and pricing_category = 'committed'
    group by lower(commitment_discount_id), day
),

coverable as (
    select
        day,
        sum(effective_cost) as effective_cost,
        count(*) filter (
            where
            effective_cost is null
            or (pricing_category = 'committed' and commitment_discount_id is null and charge_category = 'Usage')
        ) as charges_unknown
    from charges
    where not is_unused_commitment and pricing_category in ('committed', 'on_demand')
    group by all
),

measured as (
    select
        commitments.commitment_id,
        commitments.day,
        case when commitments.charges_without_cost = 0 then commitments.used_cost end as used_cost,
        commitments.unused_cost,
        case when coverable.charges_unknown = 0 then coverable.effective_cost end as coverable_cost
    from commitments
    left join coverable on commitments.day = coverable.day
)

select
    commitment_id,
    day,
    (used_cost + unused_cost)::decimal(18, 6) as committed_cost,
    used_cost::decimal(18, 6) as used_cost,
    unused_cost::decimal(18, 6) as unused_cost,
    (used_cost / nullif(coverable_cost, 0))::double as coverage,
    (used_cost / nullif(used_cost + unused_cost, 0))::double as utilisation
from measured
