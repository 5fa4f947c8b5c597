-- One row a billing source: whether credits or adjustments are inside its total.
select
    source,
    source as subject,
    count(*) filter (where charge_category in ('Credit', 'Adjustment')) = 0 as ok,
    cast(sum(effective_cost) as double) as console_value,
    cast(sum(effective_cost) filter (where charge_category not in ('Credit', 'Adjustment')) as double) as true_value,
    'currency' as unit,
    cast(abs(sum(effective_cost) filter (where charge_category in ('Credit', 'Adjustment'))) as double) as cost_at_stake,
    'credits and adjustments of '
    || coalesce(printf('%.2f', sum(effective_cost) filter (where charge_category in ('Credit', 'Adjustment'))), '0')
    || ' are inside the total; a run rate without them is higher' as detail
from {{ ref('int_billing__charges_deduplicated') }}
group by source
