-- One row a billing source with usage under a commitment: a list cost of 0 makes any saving that is computed from it wrong.
select
    source,
    source as subject,
    count(*) filter (where list_cost = 0) = 0 as ok,
    cast(sum(list_cost) as double) as console_value,
    cast(null as double) as true_value,
    'currency' as unit,
    cast(sum(effective_cost) filter (where list_cost = 0) as double) as cost_at_stake,
    count(*) filter (where list_cost = 0)
    || ' of '
    || count(*)
    || ' charges under a commitment have a list cost of 0; what they save cannot be computed'
        as detail
from {{ ref('int_billing__charges_deduplicated') }}
where
    pricing_category = 'Committed'
    and charge_category = 'Usage'
    and effective_cost > 0
    and list_cost is not null
    -- what nobody used replaced no list price
    and commitment_discount_status is distinct from 'Unused'
group by source
