-- One row a component of spend. Committed, capacity blocks and on-prem are fixed; on demand and spot are variable, however long they run.
with spend as (
    select
        pricing_category as component,
        effective_cost,
        pricing_category in ('committed', 'capacity_block', 'on_prem') as is_fixed
    from {{ ref('fct_gpu_spend_daily') }}
)

select
    component,
    sum(case when is_fixed then effective_cost else 0 end)::decimal(18, 6) as fixed_cost,
    sum(case when is_fixed then 0 else effective_cost end)::decimal(18, 6) as variable_cost,
    (case when is_fixed then 1.0 else 0.0 end)::double as fixed_share
from spend
group by component, is_fixed
