-- One row a commitment: how much of it ran something. What nobody used stands on fee rows, so no workload's view of the bill shows it.
select
    'bill' as source,
    commitment_id as subject,
    sum(used_cost) >= 0.95 * sum(committed_cost) as ok,
    cast(sum(used_cost) as double) as console_value,
    cast(sum(committed_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(unused_cost) as double) as cost_at_stake,
    'used to ' || printf('%.1f', 100 * sum(used_cost) / sum(committed_cost)) || ' %; the rest belongs to no workload' as detail
from {{ ref('fct_commitments') }}
group by commitment_id
having sum(committed_cost) > 0
