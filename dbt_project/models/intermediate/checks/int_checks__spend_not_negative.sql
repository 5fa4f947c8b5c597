-- One row a billing source and day with GPU usage: usage costs something or nothing; what lowers a bill is a credit or a correction.
select
    source,
    cast(day as varchar) as subject,
    count(*) filter (where effective_cost < 0) = 0 as ok,
    cast(sum(effective_cost) as double) as console_value,
    cast(sum(effective_cost) filter (where effective_cost >= 0) as double) as true_value,
    'currency' as unit,
    cast(-sum(effective_cost) filter (where effective_cost < 0) as double) as cost_at_stake,
    count(*) filter (where effective_cost < 0) || ' GPU usage charges of ' || source || ' have a negative cost' as detail
from {{ ref('int_billing__gpu_charges') }}
where charge_category = 'Usage' and charge_class is null
group by source, day
