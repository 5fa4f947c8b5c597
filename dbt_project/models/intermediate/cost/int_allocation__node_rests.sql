-- One row a billed node, hour and split rule (cluster, node, hour, split_rule): the cost that no pod has (unallocated),
-- and the cost of which nobody knows whose it is (unattributed).
with podded as (
    select
        cluster,
        node,
        hour,
        sum(gpu_only_cost) as gpu_only_cost,
        sum(opencost_cost) as opencost_cost,
        sum(aws_scad_cost) as aws_scad_cost
    from {{ ref('int_allocation__pod_costs') }}
    group by all
),

gpus_held as (
    select
        cluster,
        node,
        hour,
        sum(gpu_hours) as gpu_hours
    from {{ ref('int_allocation__pod_hours') }}
    group by all
),

nodes as (
    select
        priced.cluster,
        priced.node,
        priced.hour,
        priced.day,
        priced.gpu_model,
        priced.cost,
        priced.gpus,
        coalesce(gpus_held.gpu_hours, 0) as gpu_hours_held,
        coalesce(observed.cordoned_share > 0.5, false) as is_cordoned,
        coalesce(observed.kube_pods_known, false) as kube_pods_known,
        case when observed.exporter_names_pods then coalesce(observed.gpus_seen, 0) else 0 end as gpus_seen,
        coalesce(
            observed.kube_pods_known
            and observed.cpu_allocatable is not null
            and observed.memory_allocatable_gib is not null
            and priced.gpus is not null, false
        ) as resources_known,
        coalesce(podded.gpu_only_cost, 0) as gpu_only_cost,
        coalesce(podded.opencost_cost, 0) as opencost_cost,
        coalesce(podded.aws_scad_cost, 0) as aws_scad_cost
    from {{ ref('int_nodes__hourly_cost') }} as priced
    left join {{ ref('int_nodes__hours') }} as observed
        on priced.cluster = observed.cluster and priced.node = observed.node and priced.hour = observed.hour
    left join podded
        on priced.cluster = podded.cluster and priced.node = podded.node and priced.hour = podded.hour
    left join gpus_held
        on priced.cluster = gpus_held.cluster and priced.node = gpus_held.node and priced.hour = gpus_held.hour
),

-- gpu_only can say something about the GPUs that an exporter shows even when Kubernetes is silent;
-- the other rules need every pod's requests.
unknown_parts as (
    select
        cluster,
        node,
        hour,
        day,
        gpu_model,
        cost,
        gpu_only_cost,
        opencost_cost,
        aws_scad_cost,
        is_cordoned,
        resources_known,
        case
            when kube_pods_known then 0
            when gpus is null or gpus = 0 then 1
            else greatest(0, 1 - gpus_seen / gpus)
        end as gpu_only_unknown,
        coalesce(gpus, gpu_hours_held) as gpus,
        gpu_hours_held
    from nodes
),

by_rule as (
    select
        cluster,
        node,
        hour,
        day,
        gpu_model,
        'gpu_only' as split_rule,
        is_cordoned,
        cost - gpu_only_cost as rest,
        cost * gpu_only_unknown as unattributed_cost,
        greatest(gpus * (1 - gpu_only_unknown) - gpu_hours_held, 0) as gpu_hours_free
    from unknown_parts
    union all
    select
        cluster,
        node,
        hour,
        day,
        gpu_model,
        'opencost' as split_rule,
        is_cordoned,
        cost - opencost_cost as rest,
        case when resources_known then 0 else cost end as unattributed_cost,
        case when resources_known then greatest(gpus - gpu_hours_held, 0) end as gpu_hours_free
    from unknown_parts
    union all
    select
        cluster,
        node,
        hour,
        day,
        gpu_model,
        'aws_scad' as split_rule,
        is_cordoned,
        cost - aws_scad_cost as rest,
        case when resources_known then 0 else cost end as unattributed_cost,
        case when resources_known then greatest(gpus - gpu_hours_held, 0) end as gpu_hours_free
    from unknown_parts
)

select
    cluster,
    node,
    hour,
    day,
    gpu_model,
    split_rule,
    is_cordoned,
    rest - unattributed_cost as unallocated_cost,
    unattributed_cost,
    gpu_hours_free
from by_rule
