-- One row a billing source and month of usage: whether a later bill corrected it after it was closed.
select
    source,
    source || ' ' || strftime(charge_period_start, '%Y-%m') as subject,
    count(*) filter (where charge_class = 'Correction') = 0 as ok,
    cast(sum(effective_cost) as double) as console_value,
    cast(sum(effective_cost) filter (where charge_class is null) as double) as true_value,
    'currency' as unit,
    cast(sum(abs(effective_cost)) filter (where charge_class = 'Correction') as double) as cost_at_stake,
    count(*) filter (where charge_class = 'Correction')
    || ' corrections came after the month was closed; a snapshot taken before shows another sum' as detail
from {{ ref('int_billing__charges_deduplicated') }}
group by all
