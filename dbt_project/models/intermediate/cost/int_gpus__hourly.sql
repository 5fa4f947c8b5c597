-- One row a GPU (or MIG slice), pod and hour, from one metric source, with the part of the GPU-hour it stands for (`share`).
with one_source as (
    -- Two sources may scrape one cluster: for each GPU-hour the one that saw more of it.
    select
        cluster,
        node,
        coalesce(gpu, gpu_uuid) as gpu,
        gpu_uuid,
        gpu_model,
        mig_profile,
        namespace,
        pod,
        hour,
        sm_active_mean,
        gpu_util_mean,
        gpu_util_p95,
        fb_used_share_max,
        samples,
        coverage
    from {{ ref('stg_metrics__gpu_hourly') }}
    qualify source = arg_max(source, samples) over (partition by cluster, node, coalesce(gpu, gpu_uuid), hour)
),

-- A GPU cut into MIG slices also reports as a whole, without a pod: its slices say more.
parts as (
    select
        cluster,
        node,
        gpu,
        gpu_uuid,
        gpu_model,
        mig_profile,
        namespace,
        pod,
        hour,
        sm_active_mean,
        gpu_util_mean,
        gpu_util_p95,
        fb_used_share_max,
        samples,
        coverage,
        samples * coalesce(try_cast(regexp_extract(mig_profile, '^([0-9]+)g', 1) as double), 1) as weight
    from one_source
    qualify mig_profile is not null or count(mig_profile) over (partition by cluster, node, gpu, hour) = 0
)

select
    parts.cluster,
    aliases.node,
    parts.gpu,
    parts.gpu_uuid,
    parts.gpu_model,
    parts.mig_profile,
    coalesce(parts.namespace, '') as namespace,
    parts.pod,
    parts.hour,
    parts.weight / sum(parts.weight) over (partition by parts.cluster, aliases.node, parts.gpu, parts.hour) as share,
    parts.sm_active_mean,
    parts.gpu_util_mean,
    parts.gpu_util_p95,
    coalesce(parts.sm_active_mean, parts.gpu_util_mean) as activity,
    case
        when parts.sm_active_mean is not null then 'sm_active'
        when parts.gpu_util_mean is not null then 'gpu_util'
    end as activity_from,
    parts.fb_used_share_max as fb_used_share,
    parts.samples,
    parts.coverage
from parts
inner join {{ ref('int_nodes__aliases') }} as aliases
    on parts.cluster = aliases.cluster and parts.node = aliases.reported_node
where parts.weight > 0
