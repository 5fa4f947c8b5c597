-- One row a node on which pods held GPUs: every hour of them is billed, on days that its provider's bill covers (a day that no bill
-- covers is a finding of its own); a node that was never billed, on every billed day. A cluster that no bill names can not be tested.
with bill as (
    select sum(effective_cost) / nullif(sum(gpu_hours), 0) as price_of_a_gpu_hour
    from {{ ref('fct_gpu_spend_daily') }}
    where charge_category = 'Usage' and not is_unused_commitment and gpu_hours > 0
),

billed_days as (
    select distinct
        provider,
        day
    from {{ ref('fct_gpu_spend_daily') }}
    where charge_category = 'Usage'
),

billed_nodes as (
    select
        cluster,
        node,
        min(provider) as provider
    from {{ ref('fct_gpu_spend_daily') }}
    where charge_category = 'Usage' and node is not null
    group by all
),

billed_clusters as (
    select distinct cluster
    from {{ ref('fct_gpu_spend_daily') }}
    where cluster is not null
),

nodes as (
    select
        pods.cluster,
        pods.node,
        sum(pods.gpu_hours) as gpu_hours,
        coalesce(sum(pods.gpu_hours) filter (where not pods.is_billed), 0) as gpu_hours_unbilled,
        min(pods.day) filter (where not pods.is_billed) as first_day,
        string_agg(distinct pods.workload, ', ' order by pods.workload) filter (where not pods.is_billed) as workloads
    from {{ ref('int_allocation__pods') }} as pods
    left join billed_nodes on pods.cluster = billed_nodes.cluster and pods.node = billed_nodes.node
    semi join billed_days
        on pods.day = billed_days.day and coalesce(billed_nodes.provider, billed_days.provider) = billed_days.provider
    where pods.gpu_hours > 0
    group by all
)

select
    nodes.cluster as source,
    nodes.node as subject,
    case when billed_clusters.cluster is not null then nodes.gpu_hours_unbilled <= 0.01 * nodes.gpu_hours end as ok,
    nodes.gpu_hours - nodes.gpu_hours_unbilled as console_value,
    nodes.gpu_hours as true_value,
    'GPU-hours' as unit,
    cast(nodes.gpu_hours_unbilled * bill.price_of_a_gpu_hour as double) as cost_at_stake,
    case
        when nodes.gpu_hours_unbilled <= 0.01 * nodes.gpu_hours then 'billed'
        else printf(
            'pods held %.0f GPU-hours on %s that no bill holds, first on %s: %s. The money is at the mean price of a GPU-hour in this bill',
            nodes.gpu_hours_unbilled, nodes.node, nodes.first_day, nodes.workloads
        )
    end as detail
from nodes
cross join bill
left join billed_clusters on nodes.cluster = billed_clusters.cluster
