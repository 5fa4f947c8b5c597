-- Views and macros that the other files share. Given: `series`, `hourly`, `increments` (Arrow), and the file of samples.

create or replace temp macro tidy(value) as nullif(nullif(value, ''), '<none>');

-- MIG slices count as their share of the GPU: sevenths, and quarters on the A30 (its profiles are 1g.6gb, 2g.12gb, 4g.24gb)
create or replace temp macro slice_share(profile) as
    case
        when profile is null or profile = '' then 1.0
        when regexp_matches(profile, '(1g.6gb|2g.12gb|4g.24gb)') then cast(regexp_extract(profile, '(\d)g.\d+gb', 1) as double) / 4
        else cast(regexp_extract(profile, '(\d)g.\d+gb', 1) as double) / 7
    end;

-- GPUs behind an extended resource; `replicas` is the node's time slicing, `product` its GPU product (which names the slice when all are alike)
create or replace temp macro gpus_of(resource, amount, replicas, product) as
    case
        when resource in ('nvidia_com_gpu', 'nvidia_com_gpu_shared')
            then amount / greatest(coalesce(replicas, 1), 1)
                * slice_share(nullif(regexp_extract(coalesce(product, ''), 'MIG-(\dg.\d+gb)', 1), ''))
        when resource like 'nvidia_com_mig_%' then amount * slice_share(regexp_extract(resource, '(\dg.\d+gb)', 1))
        when resource in ('amd_com_gpu', 'gpu_intel_com_i915', 'gpu_intel_com_xe') then amount
    end;

create or replace temp macro without_prefix(labels, prefix) as
    map_from_entries([
        {key: entry.key[length(prefix) + 1:], value: entry.value} for entry in map_entries(labels) if starts_with(entry.key, prefix)
    ]);

create or replace temp table kube_series as
select
    series_id,
    metric,
    namespace,
    pod,
    coalesce(tidy(labels['exported_node']), tidy(labels['node'])) as node,
    labels['phase'] as phase,
    labels['resource'] as resource,
    labels['container'] as container,
    case when metric in ('kube_node_labels', 'kube_pod_labels') then without_prefix(labels, 'label_') end as object_labels,
    case when metric in ('kube_node_info', 'kube_pod_info') then labels end as facts,
    interval_seconds
from series
where starts_with(metric, 'kube_');

-- labels stay in kube_series: copying them to every hour is what would cost
create or replace temp table hours as
select
    kube_series.series_id,
    kube_series.metric,
    kube_series.namespace,
    kube_series.pod,
    kube_series.node,
    kube_series.phase,
    kube_series.resource,
    kube_series.container,
    make_timestamp(hourly.hour) as hour,
    hourly.total,
    hourly.max,
    hourly.last_ts,
    hourly.samples
from hourly
inner join kube_series using (series_id);

-- how often kube-state-metrics was scraped in each hour: the best sampled object of any kind
create or replace temp table kube_scrapes as
with objects as (
    select hour, sum(samples) as samples
    from hours
    where metric in ('kube_node_info', 'kube_node_status_allocatable', 'kube_pod_info', 'kube_pod_status_phase')
    group by hour, metric, namespace, pod, node, phase, resource
),

spacing as (
    select median(interval_seconds) as seconds from kube_series
)

select
    objects.hour,
    max(objects.samples) as samples,
    least(1.0, max(objects.samples) * any_value(spacing.seconds) / 3600) as coverage
from objects
cross join spacing
group by objects.hour;
