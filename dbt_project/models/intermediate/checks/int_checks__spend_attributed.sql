-- One row a provider with GPU spend, once any node is known: the share of its spend that maps to a node that metrics know.
with spend as (
    select
        provider,
        cast(sum(effective_cost) as double) as cost
    from {{ ref('fct_gpu_spend_daily') }}
    group by provider
),

nobodys as (
    select
        provider,
        sum(allocated_cost) as cost
    from {{ ref('int_allocation__unattributed_daily') }}
    where split_rule = 'gpu_only'
    group by provider
)

select
    spend.provider as source,
    spend.provider as subject,
    coalesce(nobodys.cost, 0) <= 0.05 * spend.cost as ok,
    cast(null as double) as console_value,
    1 - coalesce(nobodys.cost, 0) / spend.cost as true_value,
    'share' as unit,
    nobodys.cost as cost_at_stake,
    printf('%.1f %% of the GPU spend with %s maps to no node', 100 * coalesce(nobodys.cost, 0) / spend.cost, spend.provider) as detail
from spend
left join nobodys
    on spend.provider = nobodys.provider
where spend.cost > 0 and exists (select 1 from {{ ref('int_nodes__hours') }})
