-- One row a commitment, whatever the case of its id: whether the bill spells it one way. Where usage and purchase spell it differently,
-- a join on the id finds nothing.
with charges as (
    select
        source,
        commitment_discount_id,
        charge_category,
        effective_cost,
        resource_id <> commitment_discount_id and lower(resource_id) = lower(commitment_discount_id) as resource_differs
    from {{ ref('int_billing__charges_deduplicated') }}
    where commitment_discount_id is not null
),

spellings as (
    select
        source,
        commitment_discount_id,
        coalesce(sum(effective_cost) filter (where charge_category = 'Usage'), 0) as cost,
        coalesce(bool_or(resource_differs), false) as resource_differs
    from charges
    group by all
)

select
    source,
    lower(commitment_discount_id) as subject,
    count(*) = 1 and not bool_or(resource_differs) as ok,
    cast(case when bool_or(resource_differs) then 0 else max(cost) end as double) as console_value,
    cast(sum(cost) as double) as true_value,
    'currency' as unit,
    cast(case when bool_or(resource_differs) then sum(cost) else sum(cost) - max(cost) end as double) as cost_at_stake,
    printf(
        'the bill spells it in %d ways (%s); a join on the id misses usage',
        count(*) + cast(bool_or(resource_differs) as integer), string_agg(commitment_discount_id, ', ' order by commitment_discount_id)
    ) as detail
from spellings
group by source, lower(commitment_discount_id)
