-- One row a service and latency family with a histogram of its pods that lacks the bucket +Inf: it has no total and answers nothing.
with buckets as (
    select
        cluster,
        metric,
        namespace,
        pod,
        map_from_entries(list_filter(map_entries(labels), lambda label: label['key'] <> 'le')) as labels,
        labels['le'] as le
    from {{ ref('stg_metrics__series') }}
    where metric in (select metric || '_bucket' from {{ ref('metric_aliases') }} where form = 'histogram')
),

endless as (
    select
        cluster,
        metric,
        namespace,
        pod
    from buckets
    group by cluster, metric, namespace, pod, labels
    having not bool_or(isinf(coalesce(try_cast(le as double), 0)))
)

select
    pods.service,
    aliases.sli_input,
    list_sort(list(distinct aliases.metric)) as metrics
from endless
inner join {{ ref('metric_aliases') }} as aliases
    on aliases.form = 'histogram' and endless.metric = aliases.metric || '_bucket'
inner join {{ ref('int_workloads__pods') }} as pods
    on endless.cluster = pods.cluster and endless.namespace = pods.namespace and endless.pod = pods.pod
where pods.service is not null
group by pods.service, aliases.sli_input
