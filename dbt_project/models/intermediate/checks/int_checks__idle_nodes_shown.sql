-- One row a billed GPU node whose pods are known: whether pods held any of its GPUs. The cost of hours without a GPU pod is on no workload
-- and nothing can share it out, so the sum over workloads is less than the bill. A tenth of the hours is ordinary, between two jobs.
with held as (
    select
        cluster,
        node,
        hour
    from {{ ref('int_allocation__pod_hours') }}
    where gpu_hours > 0
    group by all
),

nodes as (
    select
        priced.cluster,
        priced.node,
        count(*) as hours,
        count(*) filter (where held.hour is null) as free_hours,
        count(distinct priced.day) filter (where held.hour is null) as free_days,
        min(priced.day) filter (where held.hour is null) as first_day,
        sum(priced.cost) as cost,
        sum(priced.cost) filter (where held.hour is null) as free_cost
    from {{ ref('int_nodes__hourly_cost') }} as priced
    inner join {{ ref('int_nodes__hours') }} as observed
        on priced.cluster = observed.cluster and priced.node = observed.node and priced.hour = observed.hour
    left join held
        on priced.cluster = held.cluster and priced.node = held.node and priced.hour = held.hour
    where observed.kube_pods_known
    group by all
)

select
    cluster as source,
    node as subject,
    free_hours <= 0.1 * hours as ok,
    cost - coalesce(free_cost, 0) as console_value,
    cost as true_value,
    'currency' as unit,
    free_cost as cost_at_stake,
    coalesce(
        printf(
            'no pod held a GPU of %s in %d of %d billed hours on %d days, first %s; their %.2f is on no workload',
            node, free_hours, hours, free_days, first_day, free_cost
        ), 'pods held its GPUs in every hour'
    ) as detail
from nodes
