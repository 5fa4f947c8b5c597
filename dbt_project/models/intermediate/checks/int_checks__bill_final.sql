-- One row a billing source and billing month that says whether it is final.
select
    source,
    source || ' ' || strftime(coalesce(billing_period_start, charge_period_start), '%Y-%m') as subject,
    bool_and(is_final) as ok,
    cast(sum(effective_cost) as double) as console_value,
    cast(null as double) as true_value,
    'currency' as unit,
    cast(sum(effective_cost) filter (where not is_final) as double) as cost_at_stake,
    count(*) filter (where not is_final) || ' of ' || count(*) || ' charges may still change' as detail
from {{ ref('int_billing__charges_deduplicated') }}
where is_final is not null
group by all
