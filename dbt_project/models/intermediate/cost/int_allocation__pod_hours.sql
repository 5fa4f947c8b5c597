-- One row a pod on a node in an hour (cluster, node, hour, namespace, pod): what it held, and how active the GPUs it held were.
with kube_pods as (
    select
        cluster,
        node,
        hour,
        coalesce(namespace, '') as namespace,
        pod,
        running_share,
        restarts_increase,
        gpus_requested,
        cpu_requested,
        memory_requested_gib
    from {{ ref('stg_metrics__pod_hourly') }}
    where node is not null and pod is not null
    qualify
        row_number() over (
            partition by cluster, namespace, pod, hour
            order by samples desc nulls last, source asc
        ) = 1
),

nodes as (
    select
        observed.cluster,
        observed.node,
        observed.hour,
        observed.exporter_names_pods,
        observed.gpus_allocatable,
        coalesce(
            priced.gpus,
            greatest(observed.gpus_labelled, observed.gpus_seen),
            observed.gpus_allocatable
        ) as gpus,
        case when observed.exporter_names_pods then coalesce(observed.gpus_seen, 0) else 0 end as gpus_seen
    from {{ ref('int_nodes__hours') }} as observed
    left join {{ ref('int_nodes__hourly_cost') }} as priced
        on observed.cluster = priced.cluster and observed.node = priced.node and observed.hour = priced.hour
),

by_exporter as (
    select
        gpus.cluster,
        gpus.node,
        gpus.hour,
        gpus.namespace,
        gpus.pod,
        sum(gpus.share) as gpus_shown,
        sum(gpus.share) filter (where gpus.activity is not null) as gpus_measured,
        sum(gpus.share * gpus.activity) as gpus_active,
        sum(gpus.share) filter (where gpus.sm_active_mean is not null) as gpus_with_sm,
        sum(gpus.share * gpus.sm_active_mean) as sm_weighted,
        sum(gpus.share) filter (where gpus.gpu_util_mean is not null) as gpus_with_util,
        sum(gpus.share * gpus.gpu_util_mean) as util_weighted
    from {{ ref('int_gpus__hourly') }} as gpus
    where gpus.pod is not null
    group by all
),

by_request as (
    select
        kube_pods.cluster,
        kube_pods.node,
        kube_pods.hour,
        kube_pods.namespace,
        kube_pods.pod,
        kube_pods.running_share,
        kube_pods.restarts_increase,
        -- A pod whose phase nobody scrapes is taken to run: it is listed and placed.
        -- Time-slicing replicas (allocatable beyond the GPUs that exist) are fractions of a GPU.
        kube_pods.gpus_requested * coalesce(kube_pods.running_share, 1)
        * least(1, coalesce(nodes.gpus / nullif(nodes.gpus_allocatable, 0), 1)) as gpus_requested,
        kube_pods.cpu_requested * coalesce(kube_pods.running_share, 1) as cpu_requested,
        kube_pods.memory_requested_gib * coalesce(kube_pods.running_share, 1) as memory_requested_gib
    from kube_pods
    inner join nodes
        on kube_pods.cluster = nodes.cluster and kube_pods.node = nodes.node and kube_pods.hour = nodes.hour
),

held as (
    select
        coalesce(by_exporter.cluster, by_request.cluster) as cluster,
        coalesce(by_exporter.node, by_request.node) as node,
        coalesce(by_exporter.hour, by_request.hour) as hour,
        coalesce(by_exporter.namespace, by_request.namespace) as namespace,
        coalesce(by_exporter.pod, by_request.pod) as pod,
        by_request.running_share,
        by_request.restarts_increase,
        coalesce(by_exporter.gpus_shown, 0) as gpus_shown,
        coalesce(by_request.gpus_requested, 0) as gpus_requested,
        greatest(coalesce(by_request.gpus_requested, 0) - coalesce(by_exporter.gpus_shown, 0), 0) as gpus_not_shown,
        coalesce(by_exporter.gpus_measured, 0) as gpus_measured,
        coalesce(by_exporter.gpus_active, 0) as gpus_active,
        coalesce(by_exporter.gpus_with_sm, 0) as gpus_with_sm,
        by_exporter.sm_weighted,
        coalesce(by_exporter.gpus_with_util, 0) as gpus_with_util,
        by_exporter.util_weighted,
        coalesce(by_request.cpu_requested, 0) as cpu_requested,
        coalesce(by_request.memory_requested_gib, 0) as memory_requested_gib
    from by_exporter
    full outer join by_request
        on
            by_exporter.cluster = by_request.cluster
            and by_exporter.node = by_request.node
            and by_exporter.hour = by_request.hour
            and by_exporter.namespace = by_request.namespace
            and by_exporter.pod = by_request.pod
),

-- What was requested and not shown can only sit on GPUs that no exporter row accounts for.
totals as (
    select
        held.cluster,
        held.node,
        held.hour,
        any_value(nodes.gpus) as gpus,
        sum(held.gpus_shown) as gpus_shown,
        sum(held.gpus_requested) as gpus_requested,
        case
            when any_value(nodes.gpus) is null or sum(held.gpus_not_shown) = 0 then 1
            else least(1, greatest(any_value(nodes.gpus) - any_value(nodes.gpus_seen), 0) / sum(held.gpus_not_shown))
        end as not_shown_scale
    from held
    inner join nodes on held.cluster = nodes.cluster and held.node = nodes.node and held.hour = nodes.hour
    group by all
),

placed as (
    select
        held.cluster,
        held.node,
        held.hour,
        held.namespace,
        held.pod,
        held.running_share,
        held.restarts_increase,
        held.gpus_measured,
        held.gpus_active,
        held.gpus_with_sm,
        held.sm_weighted,
        held.gpus_with_util,
        held.util_weighted,
        held.cpu_requested,
        held.memory_requested_gib,
        -- more GPUs than exist: everyone's part shrinks, so that the parts make the node
        least(1, coalesce(totals.gpus / nullif(totals.gpus_shown, 0), 1)) as shown_scale,
        held.gpus_shown,
        held.gpus_not_shown * totals.not_shown_scale as gpus_not_shown,
        coalesce(greatest(totals.gpus_shown, totals.gpus_requested) > totals.gpus * 1.01, false) as oversubscribed
    from held
    inner join totals on held.cluster = totals.cluster and held.node = totals.node and held.hour = totals.hour
)

select
    placed.cluster,
    placed.node,
    placed.hour,
    placed.namespace,
    placed.pod,
    placed.running_share,
    placed.restarts_increase,
    placed.gpus_shown * placed.shown_scale + placed.gpus_not_shown as gpu_hours,
    placed.gpus_measured * placed.shown_scale as gpu_hours_measured,
    placed.gpus_active * placed.shown_scale as gpu_hours_active,
    placed.gpus_with_sm * placed.shown_scale as gpu_hours_with_sm,
    placed.sm_weighted * placed.shown_scale as sm_active_weighted,
    placed.gpus_with_util * placed.shown_scale as gpu_hours_with_util,
    placed.util_weighted * placed.shown_scale as gpu_util_weighted,
    greatest(placed.cpu_requested, coalesce(usage.cores, 0)) as core_hours,
    greatest(placed.memory_requested_gib, coalesce(usage.memory_gib, 0)) as gib_hours,
    placed.oversubscribed
from placed
left join {{ ref('int_pods__usage_hourly') }} as usage
    on
        placed.cluster = usage.cluster
        and placed.namespace = usage.namespace
        and placed.pod = usage.pod
        and placed.hour = usage.hour
where placed.running_share is null or placed.running_share > 0 or placed.gpus_shown > 0
