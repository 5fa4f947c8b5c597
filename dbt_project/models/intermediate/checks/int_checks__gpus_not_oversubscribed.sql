-- One row a node with pods: pods never hold more GPUs than the node has. Where they do, each one's part was made smaller to fit.
with crowded as (
    select
        cluster,
        node,
        hour,
        sum(gpu_hours) as gpu_hours,
        string_agg(distinct namespace || '/' || pod, ', ' order by namespace || '/' || pod) as pods
    from {{ ref('int_allocation__pod_hours') }}
    where oversubscribed
    group by all
),

held as (
    select distinct
        cluster,
        node
    from {{ ref('int_allocation__pod_hours') }}
),

priced as (
    select
        crowded.cluster,
        crowded.node,
        count(*) as hours,
        min(cast(crowded.hour as date)) as first_day,
        min(crowded.pods) as pods,
        sum(costs.cost) as cost
    from crowded
    left join {{ ref('int_nodes__hourly_cost') }} as costs
        on crowded.cluster = costs.cluster and crowded.node = costs.node and crowded.hour = costs.hour
    group by all
)

select
    held.cluster as source,
    held.node as subject,
    priced.hours is null as ok,
    null::double as console_value,
    null::double as true_value,
    'hours' as unit,
    cast(priced.cost as double) as cost_at_stake,
    coalesce(
        'in ' || priced.hours || ' hours pods hold more GPUs than the node has, first on ' || priced.first_day || ': ' || priced.pods,
        'possible'
    ) as detail
from held
left join priced on held.cluster = priced.cluster and held.node = priced.node
