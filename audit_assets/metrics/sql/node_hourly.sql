-- Grain: one row a node and hour that kube-state-metrics speaks of.
with seen as (
    select distinct node, hour
    from hours
    where metric in (select unnest($node_metrics)) and node is not null
),

latest as (
    select
        node,
        hour,
        arg_max(series_id, last_ts) filter (where metric = 'kube_node_info') as info_series,
        arg_max(series_id, last_ts) filter (where metric = 'kube_node_labels') as labels_series,
        sum(total) filter (where metric = 'kube_node_spec_unschedulable')
            / sum(samples) filter (where metric = 'kube_node_spec_unschedulable') as cordoned_share
    from hours
    where node is not null
    group by node, hour
),

described as (
    select latest.node, latest.hour, latest.cordoned_share, tidy(informing.facts['provider_id']) as provider_id, labelling.object_labels as labels
    from latest
    left join kube_series as informing on latest.info_series = informing.series_id
    left join kube_series as labelling on latest.labels_series = labelling.series_id
),

resources as (
    select node, hour, resource, sum(total) / sum(samples) as amount
    from hours
    where metric = 'kube_node_status_allocatable' and node is not null
    group by all
),

allocatable as (
    select
        resources.node,
        resources.hour,
        coalesce(
            sum(gpus_of(
                resource,
                amount,
                try_cast(described.labels['nvidia_com_gpu_replicas'] as double),
                described.labels['nvidia_com_gpu_product']
            )),
            0
        ) as gpus,
        max(amount) filter (where resource = 'cpu') as cpu,
        max(amount) filter (where resource = 'memory') / 1073741824 as memory_gib
    from resources
    inner join described using (node, hour)
    group by resources.node, resources.hour
)

select
    $source as source,
    $cluster as cluster,
    seen.node,
    seen.hour,
    described.provider_id,
    tidy(regexp_extract(described.provider_id, '([^/:]+)$', 1)) as resource_id,
    coalesce(
        tidy(described.labels['node_kubernetes_io_instance_type']), tidy(described.labels['beta_kubernetes_io_instance_type'])
    ) as instance_type,
    coalesce(
        tidy(described.labels['topology_kubernetes_io_region']), tidy(described.labels['failure_domain_beta_kubernetes_io_region'])
    ) as region,
    coalesce(
        tidy(described.labels['topology_kubernetes_io_zone']), tidy(described.labels['failure_domain_beta_kubernetes_io_zone'])
    ) as zone,
    case when cardinality(described.labels) > 0 then described.labels end as labels,
    allocatable.gpus as gpus_allocatable,
    allocatable.cpu as cpu_allocatable,
    allocatable.memory_gib as memory_allocatable_gib,
    described.cordoned_share,
    kube_scrapes.samples,
    kube_scrapes.coverage
from seen
inner join described using (node, hour)
left join allocatable using (node, hour)
left join kube_scrapes using (hour)
order by seen.node, seen.hour
