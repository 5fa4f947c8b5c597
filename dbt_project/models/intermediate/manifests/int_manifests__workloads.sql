-- One row a pod template, with what it runs, how many pods it keeps, whose workload it is, and whether the SPOF rules look at it.
--
-- In the net: everything with GPUs, everything that serves models (by kind, image or declaration), and the state these depend on:
-- vector stores, and what keeps running in a namespace where one of the former runs (data stores, gateways, front ends). DaemonSets
-- are not, and neither is what another object in the manifests made: a Deployment is judged, its ReplicaSets and pods are not.
with templates as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        role,
        replicas,
        pods_per_replica,
        strategy,
        pod_labels,
        {{ label_pairs('pod_labels') }} as label_pairs,
        node_selector,
        tolerations,
        pod_anti_affinity,
        topology_spread,
        volume_claims,
        restart_policy,
        backoff_limit,
        gpus,
        source_uri,
        case
            when kind = 'DaemonSet' then 'daemon'
            when
                kind in ('JobSet', 'PodTemplate')
                or regexp_matches(kind, '(Job|Workflow|WorkflowTemplate)$')
                then 'job'
            when kind = 'Pod' and restart_policy in ('Never', 'OnFailure') then 'job'
            else 'service'
        end as runs
    from {{ ref('stg_manifests__pod_templates') }} as templates
    where
        not exists (
            select 1
            from {{ ref('int_manifests__controlled_objects') }} as controlled
            where
                controlled.source = templates.source
                and controlled.source_uri = templates.source_uri
                and controlled.is_judged_by_owner
        )
    -- what the API server holds outweighs a file of the same object: it counts once, and int_manifests__live_drift compares the two
    qualify
        starts_with(source_uri, 'k8s://')
        or not bool_or(starts_with(source_uri, 'k8s://')) over (partition by cluster, kind, namespace, name)
),

declared as (
    select
        service,
        workload,
        kind,
        namespace,
        coalesce({{ label_pairs('labels') }}, []) as label_pairs
    from {{ ref('stg_declared__workloads') }}
    where namespace is not null or cardinality(labels) > 0
),

owned as (
    select
        templates.source,
        templates.source_uri,
        templates.role,
        declared.service,
        declared.workload,
        declared.kind as workload_kind
    from templates
    inner join declared
        on
            (declared.namespace is null or templates.namespace = declared.namespace)
            and list_has_all(templates.label_pairs, declared.label_pairs)
    qualify
        row_number() over (
            partition by templates.source, templates.source_uri, templates.role
            order by len(declared.label_pairs) desc, length(declared.workload) desc, declared.workload asc
        ) = 1
),

-- Of several autoscalers on one target the lowest minimum is what can happen.
autoscaled as (
    select
        cluster,
        namespace,
        target_kind,
        target_name,
        min(min_replicas) as min_replicas,
        arg_min(kind || '/' || name, min_replicas) as autoscaler
    from {{ ref('int_manifests__autoscalers') }}
    -- what scales itself has its minimum in its own template
    where target_kind != kind
    group by all
),

described as (
    select
        templates.*,
        owned.service,
        owned.workload,
        owned.workload_kind,
        autoscaled.autoscaler,
        coalesce(autoscaled.min_replicas, templates.replicas) as min_replicas,
        containers.has_serving_image,
        containers.has_vector_store_image,
        coalesce(containers.has_gpus, false) as has_gpus,
        coalesce(bool_or(containers.has_gpus) over (partition by templates.source, templates.source_uri), false) as is_gpu_object
    from templates
    left join owned
        on
            templates.source = owned.source
            and templates.source_uri = owned.source_uri
            and templates.role = owned.role
    left join autoscaled
        on
            templates.cluster = autoscaled.cluster
            and templates.namespace = autoscaled.namespace
            and templates.kind = autoscaled.target_kind
            and templates.name = autoscaled.target_name
    left join {{ ref('int_manifests__template_containers') }} as containers
        on
            templates.source = containers.source
            and templates.source_uri = containers.source_uri
            and templates.role = containers.role
),

classed as (
    select
        described.*,
        described.runs = 'service' and (
            described.is_gpu_object
            or described.has_serving_image
            or described.kind in (
                'InferenceService', 'LLMInferenceService', 'RayCluster', 'RayService', 'VLLMRuntime', 'VLLMRouter', 'NIMService',
                'NIMPipeline', 'DynamoGraphDeployment', 'DynamoComponentDeployment'
            )
            or coalesce(described.workload_kind in ('inference', 'embeddings'), false)
        ) as is_serving,
        described.runs = 'service' and described.kind != 'Pod' as stays
    from described
)

select
    source,
    cluster,
    kind,
    namespace,
    name,
    role,
    kind || '/' || name as object,
    -- readable and stable: it does not change with files, lines or replicas
    concat_ws('.', cluster, namespace, lower(kind), regexp_replace(name, '-+$', ''), nullif(replace(role, ':', '-'), '')) as object_id,
    runs,
    service,
    workload,
    workload_kind,
    replicas,
    autoscaler,
    -- a bare Pod is one pod
    if(kind = 'Pod', 1, min_replicas) as min_replicas,
    pods_per_replica,
    strategy,
    pod_labels,
    node_selector,
    tolerations,
    pod_anti_affinity,
    topology_spread,
    restart_policy,
    backoff_limit,
    gpus,
    has_gpus,
    is_gpu_object,
    is_serving,
    has_vector_store_image,
    runs != 'daemon' and (
        is_serving
        or is_gpu_object
        or workload is not null
        or (runs = 'service' and has_vector_store_image)
        or kind in ('RayJob', 'RayCronJob')
        or (stays and bool_or(is_serving or is_gpu_object or workload is not null) over (partition by cluster, namespace))
    ) as in_spof_net,
    source_uri,
    row_number() over (partition by cluster, namespace, kind, name, role order by source, source_uri) as definition
from classed
