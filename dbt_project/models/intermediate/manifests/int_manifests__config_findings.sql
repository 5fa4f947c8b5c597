-- One row a configuration finding that the manifests alone show.
with workloads as (
    select
        workloads.*,
        containers.mutable_images,
        containers.has_readiness_probe,
        containers.has_liveness_probe,
        containers.without_limits
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join {{ ref('int_manifests__template_containers') }} as containers
        on
            workloads.source = containers.source
            and workloads.source_uri = containers.source_uri
            and workloads.role = containers.role
),

targets as (
    select
        cluster,
        namespace,
        kind,
        name,
        kind || '/' || name as object,
        bool_or(is_gpu_object) as is_gpu_object,
        bool_or(in_spof_net) as in_spof_net
    from workloads
    group by all
),

scaled as (
    select
        autoscalers.cluster,
        autoscalers.kind || '/' || autoscalers.name as object,
        concat_ws('.', autoscalers.cluster, autoscalers.namespace, lower(autoscalers.kind), autoscalers.name) as object_id,
        autoscalers.namespace,
        autoscalers.min_replicas,
        autoscalers.metric_names,
        autoscalers.source_uri,
        targets.object as target,
        targets.is_gpu_object,
        targets.in_spof_net
    from {{ ref('int_manifests__autoscalers') }} as autoscalers
    inner join targets
        on
            autoscalers.cluster = targets.cluster
            and autoscalers.namespace = targets.namespace
            and autoscalers.target_kind = targets.kind
            and autoscalers.target_name = targets.name
    -- a Rollout that runs another object's pods scales nothing
    where autoscalers.kind != 'Rollout'
    -- of two definitions of one autoscaler the one that keeps fewer pods
    qualify row_number() over (
        partition by autoscalers.cluster, autoscalers.namespace, autoscalers.kind, autoscalers.name
        order by autoscalers.min_replicas, autoscalers.source_uri
    ) = 1
),

of_templates as (
    select
        'tp_pp_mismatch' as kind,
        'PIQC-05' as requirement_id,
        source,
        source_uri,
        role,
        string_agg(
            container || ': tensor ' || tensor || ' × pipeline ' || pipeline || if(data > 1, ' × data ' || data, '') || ' = ' || ranks
            || ', the pod has ' || cast(pod_gpus as bigint) || ' GPUs'
            || coalesce(' and its group ' || cast(group_gpus as bigint), ''),
            '; ' order by container
        ) as evidence
    from {{ ref('int_manifests__parallelism') }}
    where ranks != pod_gpus and ranks is distinct from group_gpus
    group by source, source_uri, role
    union all
    select
        'mutable_tag' as kind,
        'PIQC-30' as requirement_id,
        source,
        source_uri,
        role,
        array_to_string(mutable_images, ', ') as evidence
    from workloads
    where len(mutable_images) > 0
    union all
    select
        'missing_probe' as kind,
        'PIQC-03' as requirement_id,
        source,
        source_uri,
        role,
        'no container has a '
        || concat_ws(' or a ', if(has_readiness_probe, null, 'readinessProbe'), if(has_liveness_probe, null, 'livenessProbe')) as evidence
    from workloads
    where
        runs = 'service'
        and in_spof_net
        and not (has_readiness_probe and has_liveness_probe)
        and not {{ probed_by_its_controller('kind', 'role') }}
    union all
    select
        'missing_limits' as kind,
        'PIQC-02' as requirement_id,
        source,
        source_uri,
        role,
        array_to_string(without_limits, '; ') as evidence
    from workloads
    where in_spof_net and len(without_limits) > 0
    union all
    select
        'spot_without_restart' as kind,
        'OPT-39' as requirement_id,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        'may land on ' || constraints.labels || ' and has '
        || if(workloads.kind = 'Job', 'backoffLimit 0', 'no backoffLimit') || ': nothing starts it again' as evidence
    from workloads
    inner join {{ ref('int_manifests__node_constraints') }} as constraints
        on
            workloads.source = constraints.source
            and workloads.source_uri = constraints.source_uri
            and workloads.role = constraints.role
            and constraints.meaning = 'spot'
    left join {{ ref('int_manifests__ray_clusters') }} as rays
        on workloads.source = rays.source and workloads.source_uri = rays.source_uri
    where workloads.runs = 'job' and workloads.has_gpus and coalesce(not rays.is_retried, workloads.backoff_limit = 0)
    union all
    select
        'ambiguous_object' as kind,
        'PLAN-48' as requirement_id,
        source,
        source_uri,
        role,
        'defined differently in ' || (count(*) over same_name) || ' places; files do not tell which of them runs' as evidence
    from workloads
    window same_name as (partition by cluster, namespace, kind, name, role)
    qualify count(*) over same_name > 1
)

select
    of_templates.kind,
    workloads.object,
    workloads.object_id || if(workloads.definition > 1, '~' || workloads.definition, '') as object_id,
    workloads.namespace,
    workloads.cluster,
    of_templates.evidence,
    of_templates.source_uri,
    of_templates.requirement_id
from of_templates
inner join workloads
    on
        of_templates.source = workloads.source
        and of_templates.source_uri = workloads.source_uri
        and of_templates.role = workloads.role
union all
select
    'hpa_cpu_only' as kind,
    object,
    object_id,
    namespace,
    cluster,
    target || ' computes on GPUs and is scaled on ' || array_to_string(metric_names, ', ') as evidence,
    source_uri,
    'OPT-30' as requirement_id
from scaled
where is_gpu_object and len(metric_names) > 0 and list_has_all(['cpu', 'memory'], metric_names)
union all
select
    'hpa_min_replicas_1' as kind,
    object,
    object_id,
    namespace,
    cluster,
    target || ' may be scaled down to 1 pod' as evidence,
    source_uri,
    'PIQC-06' as requirement_id
from scaled
where in_spof_net and min_replicas = 1
