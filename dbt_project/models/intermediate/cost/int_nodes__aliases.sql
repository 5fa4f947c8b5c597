-- One row a node name as a GPU exporter reports it (cluster, reported_node), with the node's name in Kubernetes.
-- Hostname is the short host name on some installations and the exporter's own pod on others.
with reported as (
    select distinct
        cluster,
        node as reported_node
    from {{ ref('stg_metrics__gpu_hourly') }}
    where node is not null
),

placed as (
    select distinct
        cluster,
        namespace,
        pod,
        node
    from {{ ref('stg_metrics__pod_hourly') }}
    where node is not null
),

known as (
    select
        cluster,
        node
    from placed
    union
    select
        cluster,
        node
    from {{ ref('stg_metrics__node_hourly') }}
),

strangers as (
    select
        reported.cluster,
        reported.reported_node
    from reported
    anti join known on reported.cluster = known.cluster and reported.reported_node = known.node
),

by_short_name as (
    select
        strangers.cluster,
        strangers.reported_node,
        any_value(known.node) as node
    from strangers
    inner join known
        on
            strangers.cluster = known.cluster
            and split_part(strangers.reported_node, '.', 1) = split_part(known.node, '.', 1)
    group by all
    having count(*) = 1
),

by_exporter_pod as (
    select
        strangers.cluster,
        strangers.reported_node,
        any_value(placed.node) as node
    from strangers
    inner join placed on strangers.cluster = placed.cluster and strangers.reported_node = placed.pod
    group by all
    having count(distinct placed.node) = 1
),

by_pods_it_ran as (
    select
        strangers.cluster,
        strangers.reported_node,
        any_value(placed.node) as node
    from strangers
    inner join {{ ref('stg_metrics__gpu_hourly') }} as gpus
        on strangers.cluster = gpus.cluster and strangers.reported_node = gpus.node
    inner join placed
        on gpus.cluster = placed.cluster and gpus.namespace = placed.namespace and gpus.pod = placed.pod
    group by all
    having count(distinct placed.node) = 1
)

select
    reported.cluster,
    reported.reported_node,
    coalesce(by_short_name.node, by_exporter_pod.node, by_pods_it_ran.node, reported.reported_node) as node
from reported
left join by_short_name
    on reported.cluster = by_short_name.cluster and reported.reported_node = by_short_name.reported_node
left join by_exporter_pod
    on reported.cluster = by_exporter_pod.cluster and reported.reported_node = by_exporter_pod.reported_node
left join by_pods_it_ran
    on reported.cluster = by_pods_it_ran.cluster and reported.reported_node = by_pods_it_ran.reported_node
