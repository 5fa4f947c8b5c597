-- One row a billing source with GPU charges: whether each has an effective (amortised) cost. A charge without one is in no sum.
select
    source,
    source as subject,
    count(*) filter (where effective_cost is null and coalesce(billed_cost, 1) <> 0) = 0 as ok,
    cast(sum(billed_cost) as double) as console_value,
    cast(sum(effective_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(billed_cost) filter (where effective_cost is null) as double) as cost_at_stake,
    count(*) filter (where effective_cost is null)
    || ' of '
    || count(*)
    || ' GPU charges of '
    || source
    || ' have no effective cost' as detail
from {{ ref('int_billing__gpu_charges') }}
group by source
