-- One row an owner whose model waited a whole hour and ran nothing, while another model on the same GPU or in the same pod ran:
-- head-of-line blocking. Counted in model-hours; an hour that is measured for less than half says nothing.
with shared as (
    select
        gpus.cluster,
        gpus.namespace,
        gpus.pod,
        gpus.hour,
        'GPU ' || gpus.gpu_uuid as place
    from {{ ref('stg_metrics__gpu_hourly') }} as gpus
    where gpus.pod is not null and gpus.gpu_uuid is not null
    union
    select
        cluster,
        namespace,
        pod,
        hour,
        'pod ' || pod as place
    from {{ ref('int_runtime__serving_hours') }}
),

placed as (
    select
        serving.cluster,
        serving.namespace,
        serving.pod,
        serving.model,
        serving.hour,
        serving.waiting_min,
        serving.running_max,
        serving.running_mean,
        serving.coverage,
        shared.place
    from {{ ref('int_runtime__serving_hours') }} as serving
    inner join shared
        on
            serving.cluster = shared.cluster
            and serving.namespace = shared.namespace
            and serving.pod = shared.pod
            and serving.hour = shared.hour
),

blocked as (
    select
        waits.cluster,
        waits.namespace,
        waits.pod,
        waits.model,
        waits.hour,
        min(coalesce(nullif(runs.model, ''), runs.pod) || ' (' || waits.place || ')') as by_whom
    from placed as waits
    inner join placed as runs
        on
            waits.cluster = runs.cluster
            and waits.place = runs.place
            and waits.hour = runs.hour
            and (waits.pod != runs.pod or waits.model != runs.model)
    where waits.waiting_min > 0 and waits.running_max = 0 and waits.coverage >= 0.5 and runs.running_mean > 0
    group by all
)

select
    'head_of_line_blocking' as kind,
    pods.owner_kind || '/' || pods.owner_name as object,
    concat_ws('.', blocked.cluster, blocked.namespace, lower(pods.owner_kind), pods.owner_name) as object_id,
    blocked.namespace,
    blocked.cluster,
    count(*) || ' model-hours in which requests waited and none ran' || coalesce(' for ' || nullif(min(blocked.model), ''), '')
    || ', while ' || min(blocked.by_whom) || ' ran' as evidence,
    null::varchar as source_uri,
    'PIQC-24' as requirement_id,
    cast(count(*) as double) as quantity,
    'model-hours' as unit
from blocked
inner join {{ ref('int_runtime__pod_owners') }} as pods
    on blocked.cluster = pods.cluster and blocked.namespace = pods.namespace and blocked.pod = pods.pod
group by all
