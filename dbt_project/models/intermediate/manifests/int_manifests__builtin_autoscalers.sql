-- One row an autoscaler that a workload's own object asks for (KServe, NIM, Knative), and an Argo Rollout that runs
-- another object's template.
with objects as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        api_version,
        document,
        source_uri
    from {{ ref('stg_manifests__objects') }}
    where
        kind in ('InferenceService', 'NIMService', 'Rollout')
        or (kind = 'Service' and starts_with(api_version, 'serving.knative.dev/'))
),

kserve as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        kind as target_kind,
        name as target_name,
        try_cast(coalesce(json_extract_string(document, '$.spec.predictor.minReplicas'), '1') as bigint) as min_replicas,
        try_cast(json_extract_string(document, '$.spec.predictor.maxReplicas') as bigint) as max_replicas,
        case
            when json_type(document, '$.spec.predictor.autoScaling.metrics') = 'ARRAY'
                then list_transform(
                    try_cast(json_extract(document, '$.spec.predictor.autoScaling.metrics') as json[]),
                    lambda metric: coalesce(
                        json_extract_string(metric, '$.resource.name'), json_extract_string(metric, '$.podmetric.metric.metricNames[0]'),
                        json_extract_string(metric, '$.type')
                    )
                )
            else [json_extract_string(document, '$.spec.predictor.scaleMetric')]
        end as metric_names,
        source_uri
    from objects
    where
        kind = 'InferenceService'
        and (
            json_type(document, '$.spec.predictor.autoScaling.metrics') = 'ARRAY'
            or json_extract_string(document, '$.spec.predictor.scaleMetric') is not null
        )
),

nim as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        kind as target_kind,
        name as target_name,
        try_cast(coalesce(json_extract_string(document, '$.spec.scale.hpa.minReplicas'), '1') as bigint) as min_replicas,
        try_cast(json_extract_string(document, '$.spec.scale.hpa.maxReplicas') as bigint) as max_replicas,
        -- an HPA without metrics scales on CPU
        coalesce(list_transform(
            try_cast(json_extract(document, '$.spec.scale.hpa.metrics') as json[]),
            lambda metric: coalesce(json_extract_string(metric, '$.resource.name'), json_extract_string(metric, '$.type'))
        ), ['cpu']) as metric_names,
        source_uri
    from objects
    where kind = 'NIMService' and json_extract_string(document, '$.spec.scale.enabled') = 'true'
),

annotated as (
    select
        *,
        try_cast(json_extract(document, '$.spec.template.metadata.annotations') as map (varchar, varchar)) as annotations
    from objects
    where kind = 'Service'
),

knative as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        kind as target_kind,
        name as target_name,
        coalesce(try_cast(coalesce(
            annotations['autoscaling.knative.dev/min-scale'], annotations['autoscaling.knative.dev/minScale']
        ) as bigint), 0) as min_replicas,
        try_cast(coalesce(
            annotations['autoscaling.knative.dev/max-scale'], annotations['autoscaling.knative.dev/maxScale']
        ) as bigint) as max_replicas,
        [annotations['autoscaling.knative.dev/metric']] as metric_names,
        source_uri
    from annotated
    where annotations['autoscaling.knative.dev/metric'] is not null
),

-- A Rollout with `workloadRef` runs the pods of the Deployment that it names; that one is scaled down to none.
referring as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        json_extract_string(document, '$.spec.workloadRef.kind') as target_kind,
        json_extract_string(document, '$.spec.workloadRef.name') as target_name,
        try_cast(coalesce(json_extract_string(document, '$.spec.replicas'), '1') as bigint) as min_replicas,
        cast(null as bigint) as max_replicas,
        cast([] as varchar[]) as metric_names,
        source_uri
    from objects
    where kind = 'Rollout' and json_extract_string(document, '$.spec.workloadRef.name') is not null
)

{% for part in ['kserve', 'nim', 'knative', 'referring'] %}
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
    from {{ part }}
    {{ 'union all' if not loop.last }}
{% endfor %}
