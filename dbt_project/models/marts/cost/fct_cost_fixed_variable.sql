-- One row a component of spend. Committed, capacity blocks and on-prem are fixed; on demand and spot are variable, however long they run.
select
    pricing_category as component,
    sum(case when pricing_category in ('committed', 'capacity_block', 'on_prem') then effective_cost else 0 end)::decimal(18, 6) as fixed_cost,
    sum(case when pricing_category in ('committed', 'capacity_block', 'on_prem') then 0 else effective_cost end)::decimal(18, 6) as variable_cost,
    case when pricing_category in ('committed', 'capacity_block', 'on_prem') then 1.0 else 0.0 end::double as fixed_share
from {{ ref('fct_gpu_spend_daily') }}
group by all
