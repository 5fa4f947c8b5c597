-- One row a workload in scope or running: whether declaration, pods, bill and metrics agree on it.
select
    'audit.yaml' as source,
    workload as subject,
    verdict = 'verified' as ok,
    cast(null as double) as console_value,
    cast(null as double) as true_value,
    'verdict' as unit,
    cast(null as double) as cost_at_stake,
    workload || ' is ' || coalesce(verdict, 'of unknown state') as detail
from {{ ref('fct_scope') }}
