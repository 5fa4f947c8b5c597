-- One row a single point of failure of a pod template in the net, with what the manifest says as evidence.
with workloads as (
    select
        workloads.*,
        containers.mutable_images,
        containers.has_ray_redis,
        budgets.disruption_budget,
        workloads.runs = 'service' and workloads.min_replicas >= 1 as keeps_running,
        -- kinds whose pods people spread and budget themselves; operators do it for theirs
        workloads.kind in ('Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Rollout', 'CloneSet') as is_plain,
        bool_or(workloads.role = 'leader') over (partition by workloads.source, workloads.source_uri) as has_leader
    from {{ ref('int_manifests__workloads') }} as workloads
    left join {{ ref('int_manifests__template_containers') }} as containers
        on
            workloads.source = containers.source
            and workloads.source_uri = containers.source_uri
            and workloads.role = containers.role
    left join {{ ref('int_manifests__disruption_budgets') }} as budgets
        on
            workloads.source = budgets.source
            and workloads.source_uri = budgets.source_uri
            and workloads.role = budgets.role
    where workloads.in_spof_net
),

found as (
    select
        'single_replica' as spof_kind,
        source,
        source_uri,
        role,
        if(autoscaler is null, min_replicas || ' replica', autoscaler || ' keeps at least ' || min_replicas || ' pod') as evidence
    from workloads
    where
        keeps_running
        and min_replicas = 1
        -- a Ray head is always one; whether its loss is survived is ray_head_no_ft. A LeaderWorkerSet is counted by its leaders.
        and not (kind in ('RayCluster', 'RayService') and role = 'head')
        and not (kind = 'LeaderWorkerSet' and role = 'worker' and has_leader)
        -- the further pods of one replica
        and not (kind in ('InferenceService', 'LLMInferenceService') and regexp_matches(role, '(^|-)worker$'))
    union all
    select
        'no_pdb' as spof_kind,
        source,
        source_uri,
        role,
        'no PodDisruptionBudget in the manifests protects its pods' as evidence
    from workloads
    where keeps_running and is_plain and disruption_budget is null
    union all
    select
        'no_spread' as spof_kind,
        source,
        source_uri,
        role,
        min_replicas || ' replicas without topologySpreadConstraints or pod anti-affinity: all may share a node' as evidence
    from workloads
    where keeps_running and is_plain and min_replicas >= 2 and topology_spread is null and not pod_anti_affinity
    union all
    select
        'recreate_strategy' as spof_kind,
        source,
        source_uri,
        role,
        'strategy Recreate stops every pod before a new one starts' as evidence
    from workloads
    where keeps_running and strategy = 'Recreate'
    union all
    select
        'mutable_tag' as spof_kind,
        source,
        source_uri,
        role,
        array_to_string(mutable_images, ', ') as evidence
    from workloads
    where len(mutable_images) > 0
    union all
    select
        'ray_head_no_ft' as spof_kind,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        'neither gcsFaultToleranceOptions nor ray.io/ft-enabled'
        || if(workloads.runs = 'job', ' nor backoffLimit: the job', ': the cluster') || ' is lost with its head' as evidence
    from workloads
    inner join {{ ref('int_manifests__ray_clusters') }} as ray_clusters
        on workloads.source = ray_clusters.source and workloads.source_uri = ray_clusters.source_uri
    where
        workloads.role = 'head'
        and not ray_clusters.is_fault_tolerant
        and not ray_clusters.is_retried
        and not coalesce(workloads.has_ray_redis, false)
    union all
    select
        'single_gpu_type' as spof_kind,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        'runs on ' || constraints.labels || ' only' as evidence
    from workloads
    inner join {{ ref('int_manifests__node_constraints') }} as constraints
        on
            workloads.source = constraints.source
            and workloads.source_uri = constraints.source_uri
            and workloads.role = constraints.role
    where workloads.has_gpus and constraints.meaning = 'gpu_type'
    union all
    select
        'single_zone' as spof_kind,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        coalesce('runs on ' || constraints.labels || ' only', zonal.evidence) as evidence
    from workloads
    left join {{ ref('int_manifests__node_constraints') }} as constraints
        on
            workloads.source = constraints.source
            and workloads.source_uri = constraints.source_uri
            and workloads.role = constraints.role
            and constraints.meaning = 'zone'
    left join {{ ref('int_manifests__zonal_storage') }} as zonal
        on
            workloads.source = zonal.source
            and workloads.source_uri = zonal.source_uri
            and workloads.role = zonal.role
    where workloads.keeps_running and coalesce(constraints.labels, zonal.evidence) is not null
    union all
    select
        'rwo_volume' as spof_kind,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        string_agg(
            'volume ' || volumes.volume || ' is ' || array_to_string(volumes.access_modes, ', '), '; ' order by volumes.volume
        ) as evidence
    from workloads
    inner join {{ ref('int_manifests__volumes') }} as volumes
        on
            workloads.source = volumes.source
            and workloads.source_uri = volumes.source_uri
            and workloads.role = volumes.role
    where
        workloads.keeps_running
        and list_has_any(volumes.access_modes, ['ReadWriteOnce', 'ReadWriteOncePod'])
        and not list_has_any(volumes.access_modes, ['ReadWriteMany', 'ReadOnlyMany'])
        -- every replica of a StatefulSet has a volume of its own
        and (volumes.backing = 'claim' or (volumes.backing = 'claim_template' and workloads.min_replicas = 1))
    group by all
    union all
    select
        'spot_without_checkpoint' as spof_kind,
        workloads.source,
        workloads.source_uri,
        workloads.role,
        if(constraints.by_toleration_only, 'tolerates ', 'runs on ') || constraints.labels
        || coalesce('; checkpoints go to ' || checkpoints.target || ', which is lost with the node', '; no checkpoint outside the node')
            as evidence
    from workloads
    inner join {{ ref('int_manifests__node_constraints') }} as constraints
        on
            workloads.source = constraints.source
            and workloads.source_uri = constraints.source_uri
            and workloads.role = constraints.role
    inner join {{ ref('int_manifests__checkpoints') }} as checkpoints
        on
            workloads.source = checkpoints.source
            and workloads.source_uri = checkpoints.source_uri
            and workloads.role = checkpoints.role
    where workloads.has_gpus and constraints.meaning = 'spot' and not checkpoints.is_external
)

select
    found.spof_kind as kind,
    workloads.object,
    workloads.object_id || if(workloads.definition > 1, '~' || workloads.definition, '') as object_id,
    workloads.namespace,
    workloads.cluster,
    workloads.service,
    workloads.workload,
    found.evidence,
    found.source_uri,
    -- a preempted node takes one pod's progress with it; everything else takes what the workload serves or computes
    if(found.spof_kind = 'spot_without_checkpoint', 'one_pod', 'one_service') as blast_radius
from found
inner join workloads
    on
        found.source = workloads.source
        and found.source_uri = workloads.source_uri
        and found.role = workloads.role
