-- One row a node with pods: pods never hold more than the node has. Where they do, each one's part was made smaller to fit, which hides it.
-- GPUs count in any hour; cores and memory when pods ask for or use over 2 % too much in 5 % of the hours (bursts are ordinary).
with hours as (
    select
        held.cluster,
        held.node,
        held.hour,
        bool_or(held.oversubscribed) as gpus_crowded,
        sum(held.core_hours) / nullif(any_value(observed.cpu_allocatable), 0) as core_claim,
        sum(held.gib_hours) / nullif(any_value(observed.memory_allocatable_gib), 0) as memory_claim,
        string_agg(distinct held.namespace || '/' || held.pod, ', ' order by held.namespace || '/' || held.pod) as pods
    from {{ ref('int_allocation__pod_hours') }} as held
    left join {{ ref('int_nodes__hours') }} as observed
        on held.cluster = observed.cluster and held.node = observed.node and held.hour = observed.hour
    group by all
),

judged as (
    select
        cluster,
        node,
        hour,
        pods,
        gpus_crowded,
        greatest(core_claim, memory_claim) as claim,
        coalesce(greatest(core_claim, memory_claim) > 1.02, false) as others_crowded
    from hours
),

nodes as (
    select
        judged.cluster,
        judged.node,
        count(*) filter (where judged.gpus_crowded) as gpu_hours_crowded,
        count(*) filter (where judged.others_crowded) as other_hours_crowded,
        count(*) as hours,
        max(judged.claim) filter (where judged.others_crowded) as claim,
        min(cast(judged.hour as date)) filter (where judged.gpus_crowded or judged.others_crowded) as first_day,
        min(judged.pods) filter (where judged.gpus_crowded or judged.others_crowded) as pods,
        sum(costs.cost) filter (where judged.gpus_crowded or judged.others_crowded) as cost
    from judged
    left join {{ ref('int_nodes__hourly_cost') }} as costs
        on judged.cluster = costs.cluster and judged.node = costs.node and judged.hour = costs.hour
    group by all
)

select
    cluster as source,
    node as subject,
    gpu_hours_crowded = 0 and other_hours_crowded <= 0.05 * hours as ok,
    -- what is claimed and what there is, where cores or memory say it; pods' parts of GPUs were made to fit already
    cast(case when other_hours_crowded > 0 then claim end as double) as console_value,
    cast(case when other_hours_crowded > 0 then 1 end as double) as true_value,
    'share' as unit,
    cast(cost as double) as cost_at_stake,
    case
        when gpu_hours_crowded > 0
            then
                'in ' || gpu_hours_crowded || ' hours pods hold more GPUs than the node has, first on ' || first_day || ': ' || pods
        when other_hours_crowded > 0
            then
                printf(
                    'in %d of %d hours pods claim up to %.3f times its cores or memory, first on %s: ',
                    other_hours_crowded, hours, claim, first_day
                )
                || pods
        else 'possible'
    end as detail
from nodes
