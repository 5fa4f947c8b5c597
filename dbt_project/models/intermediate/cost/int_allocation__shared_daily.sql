-- One row a day, workload, tenant, provider and split rule: its part of what the provider billed beside GPUs, by policy.shared_cost.
-- Work bought by the token has its own bill and is not shared out. Without the policy nothing is shared.
with policy as (
    select shared_cost
    from {{ ref('stg_declared__audit') }}
    where shared_cost in ('even', 'by_allocation')
),

buyers as (
    select map_entries(billing_tags) as tags
    from {{ ref('stg_declared__workloads') }}
    where cardinality(billing_tags) > 0
),

pool as (
    select
        charges.day,
        charges.provider,
        cast(sum(charges.effective_cost) as double) as cost
    from {{ ref('int_billing__other_charges') }} as charges
    anti join buyers on list_has_all(map_entries(charges.tags), buyers.tags)
    where exists (select 1 from policy)
    group by all
),

holders as (
    select
        day,
        workload,
        tenant,
        provider,
        split_rule,
        sum(allocated_cost) as allocated_cost
    from {{ ref('int_allocation__workload_daily') }}
    where allocated_cost > 0
    group by all
),

weighed as (
    select
        holders.day,
        holders.workload,
        holders.tenant,
        holders.provider,
        holders.split_rule,
        policy.shared_cost as rule,
        holders.allocated_cost / sum(holders.allocated_cost) over provider_day as allocation_share,
        holders.allocated_cost / sum(holders.allocated_cost) over (
            partition by holders.day, holders.provider, holders.split_rule, holders.workload
        ) as share_of_workload,
        dense_rank() over (
            partition by holders.day, holders.provider, holders.split_rule order by holders.workload
        ) as nth_workload
    from holders
    cross join policy
    window provider_day as (partition by holders.day, holders.provider, holders.split_rule)
)

select
    weighed.day,
    weighed.workload,
    weighed.tenant,
    weighed.provider,
    weighed.split_rule,
    pool.cost * case weighed.rule
        when 'by_allocation' then weighed.allocation_share
        else
            weighed.share_of_workload
            / max(weighed.nth_workload) over (partition by weighed.day, weighed.provider, weighed.split_rule)
    end as shared_cost
from weighed
inner join pool on weighed.day = pool.day and weighed.provider = pool.provider
