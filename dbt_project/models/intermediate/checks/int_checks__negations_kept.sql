-- One row a billing source with usage that a savings plan covers: its rows may show the on-demand price, taken back by rows that name
-- neither resource nor tags, so that any filter by workload overstates.
select
    source,
    source as subject,
    sum(billed_cost) <= sum(effective_cost) * 1.01 as ok,
    cast(sum(billed_cost) as double) as console_value,
    cast(sum(effective_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(billed_cost - effective_cost) as double) as cost_at_stake,
    'usage under a savings plan shows '
    || printf('%.2f', sum(billed_cost))
    || ' as billed and costs '
    || printf('%.2f', sum(effective_cost))
    || '; the difference is on rows without resource and tags' as detail
from {{ ref('int_billing__charges_deduplicated') }}
where line_item_type = 'SavingsPlanCoveredUsage' and effective_cost is not null
group by source
