-- One row a difference between what the API server holds and what the files of the same cluster declare: replicas, images and GPUs of
-- an object that both know, and objects that only one of them knows.
--
-- A kind of which the API gave no object may not have been granted, so its absence says nothing. Where files define an object more than
-- once, any of their values is as declared. Jobs and bare pods come and go and are not compared.
with templates as (
    select
        cluster,
        kind,
        namespace,
        name,
        role,
        replicas,
        source_uri,
        starts_with(source_uri, 'k8s://') as is_live
    from {{ ref('stg_manifests__pod_templates') }}
    where kind not in ('Job', 'Pod', 'PodTemplate', 'ReplicaSet', 'RayJob', 'JobSet')
),

settings as (
    select
        templates.*,
        'replicas' as aspect,
        templates.replicas::varchar as setting
    from templates
    where
        templates.replicas is not null
        -- an autoscaler sets them
        and not exists (
            select 1
            from {{ ref('int_manifests__autoscalers') }} as autoscalers
            where
                autoscalers.cluster = templates.cluster
                and autoscalers.namespace = templates.namespace
                and autoscalers.target_kind = templates.kind
                and autoscalers.target_name = templates.name
        )
    union all
    select
        templates.*,
        'image of ' || containers.container as aspect,
        containers.image as setting
    from templates
    inner join {{ ref('stg_manifests__containers') }} as containers
        on
            templates.source_uri = containers.source_uri
            and templates.role = containers.role
    where containers.image is not null
    union all
    select
        templates.*,
        'GPUs of ' || containers.container as aspect,
        coalesce(containers.gpus, 0)::varchar as setting
    from templates
    inner join {{ ref('stg_manifests__containers') }} as containers
        on
            templates.source_uri = containers.source_uri
            and templates.role = containers.role
),

declared as (
    select
        cluster,
        kind,
        namespace,
        name,
        role,
        aspect,
        list(distinct setting order by setting) as settings
    from settings
    where not is_live
    group by all
),

changed as (
    select
        live.cluster,
        live.kind,
        live.namespace,
        live.name,
        live.source_uri,
        if(live.role = '', '', live.role || ' ') || live.aspect as aspect,
        'running ' || live.setting || ', declared ' || array_to_string(declared.settings, ' or ') as difference
    from settings as live
    inner join declared
        on
            live.cluster = declared.cluster
            and live.kind = declared.kind
            and live.namespace = declared.namespace
            and live.name = declared.name
            and live.role = declared.role
            and live.aspect = declared.aspect
    where live.is_live and not list_contains(declared.settings, live.setting)
),

known as (
    select
        cluster,
        kind,
        namespace,
        name,
        bool_or(is_live) as is_running,
        bool_or(not is_live) as is_declared,
        min(source_uri) as source_uri
    from templates
    group by all
),

compared as (
    select
        *,
        bool_or(is_running) over (partition by cluster, kind) as kind_is_seen,
        bool_or(is_declared) over (partition by cluster, namespace) as namespace_is_declared
    from known
),

differences as (
    select * from changed
    union all
    select
        cluster,
        kind,
        namespace,
        name,
        source_uri,
        'presence' as aspect,
        if(is_running, 'running, declared in no file', 'declared, not running') as difference
    from compared
    where is_running != is_declared and kind_is_seen and namespace_is_declared
)

select
    'config_drift' as kind,
    kind || '/' || name as object,
    concat_ws('.', cluster, namespace, lower(kind), name, 'live', replace(aspect, ' ', '-')) as object_id,
    namespace,
    cluster,
    aspect || ': ' || difference as evidence,
    source_uri,
    'PIQC-20' as requirement_id
from differences
