-- One row an autoscaler (HorizontalPodAutoscaler, KEDA ScaledObject, or what a workload's own object asks for): its target, its bounds and
-- what it scales on.
with objects as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        document,
        source_uri
    from {{ ref('stg_manifests__objects') }}
    where kind in ('HorizontalPodAutoscaler', 'ScaledObject')
),

hpa_metrics as (
    select
        source,
        source_uri,
        unnest(try_cast(json_extract(document, '$.spec.metrics') as json[])) as metric
    from objects
    where kind = 'HorizontalPodAutoscaler' and json_type(document, '$.spec.metrics') = 'ARRAY'
),

keda_triggers as (
    select
        source,
        source_uri,
        unnest(try_cast(json_extract(document, '$.spec.triggers') as json[])) as metric
    from objects
    where kind = 'ScaledObject' and json_type(document, '$.spec.triggers') = 'ARRAY'
),

named as (
    select
        source,
        source_uri,
        case
            when json_extract_string(metric, '$.type') = 'Resource' then json_extract_string(metric, '$.resource.name')
            when json_extract_string(metric, '$.type') = 'ContainerResource' then json_extract_string(metric, '$.containerResource.name')
            else coalesce(
                json_extract_string(metric, '$.pods.metric.name'),
                json_extract_string(metric, '$.object.metric.name'),
                json_extract_string(metric, '$.external.metric.name'),
                json_extract_string(metric, '$.type')
            )
        end as metric_name
    from hpa_metrics
    union all
    select
        source,
        source_uri,
        case
            when json_extract_string(metric, '$.type') in ('cpu', 'memory') then json_extract_string(metric, '$.type')
            else coalesce(json_extract_string(metric, '$.metadata.metricName'), json_extract_string(metric, '$.type'))
        end as metric_name
    from keda_triggers
),

listed as (
    select
        source,
        source_uri,
        list_sort(list_distinct(list(metric_name))) as metric_names
    from named
    group by all
)

select
    objects.source,
    objects.cluster,
    objects.kind,
    objects.namespace,
    objects.name,
    coalesce(json_extract_string(objects.document, '$.spec.scaleTargetRef.kind'), 'Deployment') as target_kind,
    json_extract_string(objects.document, '$.spec.scaleTargetRef.name') as target_name,
    -- API defaults: an HPA keeps 1 pod, a ScaledObject none
    case
        when objects.kind = 'HorizontalPodAutoscaler'
            then coalesce(try_cast(json_extract_string(objects.document, '$.spec.minReplicas') as bigint), 1)
        else coalesce(try_cast(json_extract_string(objects.document, '$.spec.minReplicaCount') as bigint), 0)
    end as min_replicas,
    try_cast(coalesce(
        json_extract_string(objects.document, '$.spec.maxReplicas'),
        json_extract_string(objects.document, '$.spec.maxReplicaCount')
    ) as bigint) as max_replicas,
    -- an HPA without metrics scales on CPU, by default at 80 %
    coalesce(listed.metric_names, if(objects.kind = 'HorizontalPodAutoscaler', ['cpu'], [])) as metric_names,
    objects.source_uri
from objects
left join listed
    on objects.source = listed.source and objects.source_uri = listed.source_uri
union all
select
    source,
    cluster,
    kind,
    namespace,
    name,
    target_kind,
    target_name,
    min_replicas,
    max_replicas,
    metric_names,
    source_uri
from {{ ref('int_manifests__builtin_autoscalers') }}
