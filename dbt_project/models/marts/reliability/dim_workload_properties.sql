-- One row a pod template and property that its manifest states. These are facts and no judgement: a DaemonSet without a probe is in here,
-- whether that matters is in fct_spofs and fct_config_findings.
with templates as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        role,
        replicas,
        volumes,
        topology_spread,
        pod_anti_affinity,
        source_uri,
        kind in ('Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Rollout', 'CloneSet') as is_plain
    from {{ ref('stg_manifests__pod_templates') }}
),

containers as (
    select
        source,
        source_uri,
        role,
        string_agg(distinct container, ', ' order by container)
        filter (where not is_init and not has_readiness_probe) as no_readiness_probe,
        string_agg(distinct container, ', ' order by container) filter (where not is_init and not has_liveness_probe) as no_liveness_probe,
        string_agg(distinct container, ', ' order by container)
        filter (where not is_init and memory_request_gib is null) as no_memory_request,
        string_agg(distinct container, ', ' order by container)
        filter (where not is_init and cpu_limit is null and memory_limit_gib is null and gpu_resource is null) as no_limits,
        string_agg(distinct gpu_resource, ', ' order by gpu_resource) as asks_for_gpus,
        string_agg(distinct image, ', ' order by image)
        filter (where image_digest is null and image_tag is null and not {{ is_placeholder('image') }}) as image_no_tag,
        string_agg(distinct image, ', ' order by image) filter (where image_digest is null and image_tag = 'latest') as image_latest
    from {{ ref('stg_manifests__containers') }}
    group by all
),

described as (
    select
        templates.*,
        judged.registries,
        containers.no_readiness_probe,
        containers.no_liveness_probe,
        containers.no_memory_request,
        containers.no_limits,
        containers.asks_for_gpus,
        containers.image_no_tag,
        containers.image_latest,
        judged.mutable_images,
        judged.has_ray_redis,
        workloads.runs = 'job' as is_job,
        constraints.labels as gpu_labels,
        budgets.disruption_budget,
        autoscalers.autoscaler,
        rays.is_fault_tolerant
    from templates
    left join containers
        on
            templates.source = containers.source
            and templates.source_uri = containers.source_uri
            and templates.role = containers.role
    left join {{ ref('int_manifests__template_containers') }} as judged
        on
            templates.source = judged.source
            and templates.source_uri = judged.source_uri
            and templates.role = judged.role
    left join {{ ref('int_manifests__workloads') }} as workloads
        on
            templates.source = workloads.source
            and templates.source_uri = workloads.source_uri
            and templates.role = workloads.role
    left join {{ ref('int_manifests__node_constraints') }} as constraints
        on
            templates.source = constraints.source
            and templates.source_uri = constraints.source_uri
            and templates.role = constraints.role
            and constraints.meaning = 'gpu_type'
    left join {{ ref('int_manifests__disruption_budgets') }} as budgets
        on
            templates.source = budgets.source
            and templates.source_uri = budgets.source_uri
            and templates.role = budgets.role
    left join (
        select
            cluster,
            namespace,
            target_kind,
            target_name,
            min(kind || '/' || name) as autoscaler
        from {{ ref('int_manifests__autoscalers') }}
        where kind != 'Rollout'
        group by all
    ) as autoscalers
        on
            templates.cluster = autoscalers.cluster
            and templates.namespace = autoscalers.namespace
            and templates.kind = autoscalers.target_kind
            and templates.name = autoscalers.target_name
    left join {{ ref('int_manifests__ray_clusters') }} as rays
        on templates.source = rays.source and templates.source_uri = rays.source_uri
),

properties as (
    select
        *,
        [
            struct_pack(property := 'asks_for_gpus', stated := asks_for_gpus),
            struct_pack(property := 'single_gpu_type', stated := if(asks_for_gpus is null, null, gpu_labels)),
            struct_pack(
                property := 'replicas_1', stated := if(replicas = 1 and not (is_fault_tolerant is not null and role = 'head'), '1', null)
            ),
            struct_pack(property := 'no_readiness_probe', stated := if(is_job, null, no_readiness_probe)),
            struct_pack(property := 'no_liveness_probe', stated := if(is_job, null, no_liveness_probe)),
            struct_pack(property := 'no_memory_request', stated := no_memory_request),
            struct_pack(property := 'no_limits', stated := no_limits),
            struct_pack(property := 'image_no_tag', stated := image_no_tag),
            struct_pack(property := 'image_latest', stated := image_latest),
            struct_pack(property := 'mutable_tag', stated := nullif(array_to_string(mutable_images, ', '), '')),
            struct_pack(property := 'no_pdb', stated := if(is_plain and disruption_budget is null, 'none in the manifests', null)),
            struct_pack(property := 'no_autoscaler', stated := if(is_plain and autoscaler is null, 'none in the manifests', null)),
            struct_pack(property := 'no_topology_spread', stated := if(is_plain and topology_spread is null, 'not set', null)),
            struct_pack(property := 'no_anti_affinity', stated := if(is_plain and not pod_anti_affinity, 'not set', null)),
            struct_pack(property := 'host_path', stated := nullif(array_to_string(list_distinct(list_filter(
                try_cast(json_extract(volumes, '$[*].hostPath.path') as varchar[]), lambda path: path is not null
            )), ', '), '')),
            struct_pack(property := 'ray_single_head', stated := if(is_fault_tolerant is not null and role = 'head', 'one head', null)),
            struct_pack(
                property := 'ray_no_gcs_ft',
                stated := if(not is_fault_tolerant and role = 'head' and not coalesce(has_ray_redis, false), 'head state is not kept', null)
            )
        ] as listed
    from described
),

stated as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        role,
        source_uri,
        unnest(listed)['property'] as property,
        unnest(listed)['stated'] as stated
    from properties
    union all
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        role,
        source_uri,
        'registry' as property,
        unnest(registries) as stated
    from described
)

select
    kind || '/' || name as object,
    namespace,
    cluster,
    role,
    property,
    stated,
    source_uri
from stated
where stated is not null
