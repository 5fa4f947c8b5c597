-- One row an owner whose GPU pods waited while one node had enough free GPUs for them: pod-hours of waiting, and what its node selector
-- asks for that no node offers. Half an hour of waiting a pod is ordinary start-up and is left out.
with pods as (
    select
        cluster,
        namespace,
        pod,
        hour,
        node,
        owner_kind,
        owner_name,
        gpus_requested,
        running_share,
        pending_share
    from {{ ref('stg_metrics__pod_hourly') }}
    where gpus_requested > 0
    qualify row_number() over (partition by cluster, namespace, pod, hour order by samples desc nulls last, source asc) = 1
),

held as (
    select
        cluster,
        node,
        hour,
        sum(gpus_requested * least(coalesce(running_share, 0) + coalesce(pending_share, 0), 1)) as gpus_held
    from pods
    where node is not null
    group by all
),

free as (
    select
        nodes.cluster,
        nodes.hour,
        max(nodes.gpus_allocatable - coalesce(held.gpus_held, 0)) as gpus_free
    from {{ ref('stg_metrics__node_hourly') }} as nodes
    left join held
        on nodes.cluster = held.cluster and nodes.node = held.node and nodes.hour = held.hour
    where nodes.gpus_allocatable > 0 and coalesce(nodes.cordoned_share, 0) = 0
    group by all
),

waited as (
    select
        pods.cluster,
        pods.namespace,
        pods.pod,
        any_value(pods.owner_kind) as owner_kind,
        any_value(pods.owner_name) as owner_name,
        max(pods.gpus_requested) as gpus_requested,
        min(free.gpus_free) as gpus_free,
        sum(pods.pending_share) as pod_hours
    from pods
    inner join free
        on pods.cluster = free.cluster and pods.hour = free.hour
    where pods.node is null and pods.pending_share > 0 and free.gpus_free >= pods.gpus_requested
    group by all
    having sum(pods.pending_share) > 0.5
),

by_owner as (
    select
        cluster,
        namespace,
        coalesce(owner_kind, 'Pod') as kind,
        coalesce(owner_name, pod) as name,
        max(gpus_requested) as gpus_requested,
        min(gpus_free) as gpus_free,
        sum(pod_hours) as pod_hours
    from waited
    group by all
),

offered as (
    select
        cluster,
        list_distinct(flatten(list({{ label_pairs('labels') }}))) as label_pairs
    from {{ ref('stg_metrics__node_hourly') }}
    where labels is not null
    group by all
),

asked as (
    select
        workloads.cluster,
        workloads.namespace,
        workloads.kind,
        workloads.name,
        min(workloads.source_uri) as source_uri,
        string_agg(distinct array_to_string(list_filter(
            {{ label_pairs('workloads.node_selector') }},
            lambda pair: not list_contains(offered.label_pairs, pair)
        ), ', '), ', ') as offered_by_no_node
    from {{ ref('int_manifests__workloads') }} as workloads
    left join offered
        on workloads.cluster = offered.cluster
    group by all
)

select
    'stranded_capacity' as kind,
    by_owner.kind || '/' || by_owner.name as object,
    concat_ws('.', by_owner.cluster, by_owner.namespace, lower(by_owner.kind), by_owner.name) as object_id,
    by_owner.namespace,
    by_owner.cluster,
    format('{:.1f} pod-hours', by_owner.pod_hours) || ' pending while a node had ' || cast(by_owner.gpus_free as bigint)
    || ' free GPUs; each pod asks for ' || cast(by_owner.gpus_requested as bigint)
    || coalesce('; no node has ' || nullif(asked.offered_by_no_node, ''), '') as evidence,
    asked.source_uri,
    'OPT-03' as requirement_id,
    by_owner.pod_hours as quantity,
    'pod-hours' as unit
from by_owner
left join asked
    on
        by_owner.cluster = asked.cluster
        and by_owner.namespace = asked.namespace
        and by_owner.kind = asked.kind
        and by_owner.name = asked.name
