-- Grain: one row a pod and hour that kube-state-metrics speaks of. Shares are of the hour's scrapes, so a silent Prometheus is not an idle pod.
with pods as (
    select * from hours
    where metric in (select unnest($pod_metrics)) and pod is not null
),

latest as (
    select
        namespace,
        pod,
        hour,
        arg_max(series_id, last_ts) filter (where metric = 'kube_pod_info') as info_series,
        arg_max(series_id, last_ts) filter (where metric = 'kube_pod_labels') as labels_series,
        arg_max(node, last_ts) filter (where metric = 'kube_pod_info' and node is not null) as node,
        sum(total) filter (where metric = 'kube_pod_status_phase' and phase = 'Running') as running,
        sum(total) filter (where metric = 'kube_pod_status_phase' and phase = 'Pending') as pending,
        bool_or(metric = 'kube_pod_status_phase') as has_phase
    from pods
    group by namespace, pod, hour
),

described as (
    select
        latest.*,
        tidy(informing.facts['created_by_kind']) as owner_kind,
        tidy(informing.facts['created_by_name']) as owner_name,
        labelling.object_labels as labels
    from latest
    left join kube_series as informing on latest.info_series = informing.series_id
    left join kube_series as labelling on latest.labels_series = labelling.series_id
),

node_facts as (
    select
        node,
        max(try_cast(object_labels['nvidia_com_gpu_replicas'] as double)) as replicas,
        max(object_labels['nvidia_com_gpu_product']) as product
    from kube_series
    where metric = 'kube_node_labels' and node is not null
    group by node
),

container_requests as (
    select namespace, pod, hour, container, resource, max(max) as amount
    from pods
    where metric = 'kube_pod_container_resource_requests'
    group by all
),

requests as (
    select
        container_requests.namespace,
        container_requests.pod,
        container_requests.hour,
        sum(gpus_of(resource, amount, node_facts.replicas, node_facts.product)) as gpus,
        sum(amount) filter (where resource = 'cpu') as cpu,
        sum(amount) filter (where resource = 'memory') / 1073741824 as memory_gib
    from container_requests
    inner join described using (namespace, pod, hour)
    left join node_facts using (node)
    group by container_requests.namespace, container_requests.pod, container_requests.hour
),

-- a pod without a series requests nothing, provided that such requests are scraped at all
scraped as (
    select hour, bool_or(resource = 'cpu') as cpu, bool_or(resource = 'memory') as memory, true as gpus
    from container_requests
    group by hour
),

restarts as (
    select series.namespace, series.pod, time_bucket(interval 1 hour, make_timestamp(increments.bucket_start)) as hour, sum(increments.increase) as increase
    from increments
    inner join series using (series_id)
    where series.metric = 'kube_pod_container_status_restarts_total' and series.pod is not null
    group by all
),

-- a pod-template-hash is 8 to 10 characters of an alphabet without vowels; the pod's label says it exactly where labels are scraped
owned as (
    select
        *,
        case
            when owner_kind <> 'ReplicaSet' then null
            when ends_with(owner_name, '-' || coalesce(tidy(labels['pod_template_hash']), '?'))
                then left(owner_name, length(owner_name) - length(labels['pod_template_hash']) - 1)
            else nullif(regexp_extract(owner_name, '^(.+)-([bcdfghjklmnpqrstvwxz2456789]{5,10}|[0-9a-f]{8,10})$', 1), '')
        end as deployment
    from described
)

select
    $source as source,
    $cluster as cluster,
    owned.namespace,
    owned.pod,
    owned.hour,
    owned.node,
    case when owned.deployment is not null then 'Deployment' else owned.owner_kind end as owner_kind,
    coalesce(owned.deployment, owned.owner_name) as owner_name,
    case when cardinality(owned.labels) > 0 then owned.labels end as labels,
    case when owned.has_phase then least(1.0, coalesce(owned.running, 0) / kube_scrapes.samples) end as running_share,
    case when owned.has_phase then least(1.0, coalesce(owned.pending, 0) / kube_scrapes.samples) end as pending_share,
    case when scraped.gpus then coalesce(requests.gpus, 0) end as gpus_requested,
    case when scraped.cpu then coalesce(requests.cpu, 0) end as cpu_requested,
    case when scraped.memory then coalesce(requests.memory_gib, 0) end as memory_requested_gib,
    restarts.increase as restarts_increase,
    kube_scrapes.samples,
    kube_scrapes.coverage
from owned
left join requests using (namespace, pod, hour)
left join scraped using (hour)
left join restarts using (namespace, pod, hour)
left join kube_scrapes using (hour)
order by owned.namespace, owned.pod, owned.hour
