-- One row a day, cluster, provider and split rule: GPU spend of which nobody can say whose it is (`__unattributed__`).
with split_rules as (
    select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule
),

providers as (
    select distinct
        cluster,
        node,
        day,
        provider
    from {{ ref('int_nodes__hourly_cost') }}
),

without_pods as (
    select
        rests.day,
        rests.cluster,
        providers.provider,
        rests.split_rule,
        rests.unattributed_cost as cost
    from {{ ref('int_allocation__node_rests') }} as rests
    inner join providers
        on rests.cluster = providers.cluster and rests.node = providers.node and rests.day = providers.day
    where rests.unattributed_cost <> 0
),

without_node as (
    select
        spend.day,
        null::varchar as cluster,
        spend.provider,
        rules.split_rule,
        cast(spend.effective_cost as double) as cost
    from {{ ref('fct_gpu_spend_daily') }} as spend
    cross join split_rules as rules
    where
        (spend.node is null or spend.cluster is null)
        and not coalesce(spend.is_unused_commitment, false)
        and spend.effective_cost <> 0
),

parts as (
    select
        day,
        cluster,
        provider,
        split_rule,
        cost
    from without_pods
    union all
    select
        day,
        cluster,
        provider,
        split_rule,
        cost
    from without_node
)

select
    day,
    cluster,
    provider,
    split_rule,
    sum(cost) as allocated_cost
from parts
group by all
