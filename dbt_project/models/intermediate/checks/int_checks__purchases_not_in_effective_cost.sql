-- One row a billing source with commitment purchases: the purchase is cash; its effective cost belongs to the usage that it pays for.
select
    source,
    source as subject,
    count(*) filter (where effective_cost <> 0) = 0 as ok,
    cast(sum(effective_cost) as double) as console_value,
    0.0 as true_value,
    'currency' as unit,
    cast(sum(effective_cost) as double) as cost_at_stake,
    count(*) filter (where effective_cost <> 0)
    || ' of '
    || count(*)
    || ' purchases of commitments carry an effective cost, which the usage carries again'
        as detail
from {{ ref('int_billing__charges_deduplicated') }}
where charge_category = 'Purchase' and commitment_discount_id is not null
group by source
