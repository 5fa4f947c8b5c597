-- One row a node and hour in which any metric saw the node (cluster, node, hour), and what is known of it then.
with kube_nodes as (
    select
        cluster,
        node,
        hour,
        instance_type,
        resource_id,
        gpus_allocatable,
        try_cast(labels['nvidia_com_gpu_count'] as double) as gpus_labelled,
        cpu_allocatable,
        memory_allocatable_gib,
        cordoned_share
    from {{ ref('stg_metrics__node_hourly') }}
    qualify row_number() over (partition by cluster, node, hour order by samples desc nulls last, source asc) = 1
),

kube_pods as (
    select distinct
        cluster,
        node,
        hour
    from {{ ref('stg_metrics__pod_hourly') }}
),

-- Requests must be scraped too: without them nobody knows which pod holds a GPU.
kube_days as (
    select
        cluster,
        cast(hour as date) as day,
        count(coalesce(gpus_requested, cpu_requested, memory_requested_gib)) > 0 as requests_known
    from {{ ref('stg_metrics__pod_hourly') }}
    group by all
),

kube_hours as (
    select distinct
        kube_pods.cluster,
        kube_pods.hour
    from kube_pods
    inner join kube_days
        on kube_pods.cluster = kube_days.cluster and cast(kube_pods.hour as date) = kube_days.day
    where kube_days.requests_known
),

gpus as (
    select
        cluster,
        node,
        hour,
        count(distinct gpu) as gpus_seen,
        count(pod) > 0 as shows_pods
    from {{ ref('int_gpus__hourly') }}
    group by all
),

-- Whether the exporter names pods at all: without its kubelet mapping every GPU looks free.
mapping as (
    select
        cluster,
        node,
        cast(hour as date) as day,
        bool_or(shows_pods) as node_names_pods
    from gpus
    group by all
),

cluster_mapping as (
    select
        cluster,
        day,
        bool_or(node_names_pods) as cluster_names_pods
    from mapping
    group by all
),

present as (
    select
        cluster,
        node,
        hour
    from kube_nodes
    union
    select
        cluster,
        node,
        hour
    from kube_pods
    where node is not null
    union
    select
        cluster,
        node,
        hour
    from gpus
)

select
    present.cluster,
    present.node,
    present.hour,
    kube_nodes.instance_type,
    kube_nodes.resource_id,
    kube_nodes.gpus_allocatable,
    kube_nodes.gpus_labelled,
    kube_nodes.cpu_allocatable,
    kube_nodes.memory_allocatable_gib,
    kube_nodes.cordoned_share,
    gpus.gpus_seen,
    kube_hours.hour is not null as kube_pods_known,
    coalesce(
        case
            when kube_hours.hour is not null then mapping.node_names_pods
            else cluster_mapping.cluster_names_pods
        end, false
    ) as exporter_names_pods
from present
left join kube_nodes
    on present.cluster = kube_nodes.cluster and present.node = kube_nodes.node and present.hour = kube_nodes.hour
left join kube_hours on present.cluster = kube_hours.cluster and present.hour = kube_hours.hour
left join gpus on present.cluster = gpus.cluster and present.node = gpus.node and present.hour = gpus.hour
left join mapping
    on present.cluster = mapping.cluster and present.node = mapping.node and cast(present.hour as date) = mapping.day
left join cluster_mapping
    on present.cluster = cluster_mapping.cluster and cast(present.hour as date) = cluster_mapping.day
