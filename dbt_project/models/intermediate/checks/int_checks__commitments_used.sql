-- One row a commitment: how much of it ran something.
select
    'bill' as source,
    commitment_id as subject,
    sum(used_cost) >= 0.95 * sum(committed_cost) as ok,
    1.0 as console_value,
    cast(sum(used_cost) / sum(committed_cost) as double) as true_value,
    'share' as unit,
    cast(sum(unused_cost) as double) as cost_at_stake,
    'used to ' || printf('%.1f', 100 * sum(used_cost) / sum(committed_cost)) || ' %; the rest belongs to no workload' as detail
from {{ ref('fct_commitments') }}
group by commitment_id
having sum(committed_cost) > 0
