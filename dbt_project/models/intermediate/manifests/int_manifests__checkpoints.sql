-- One row a pod template that runs to completion (jobs, and what is declared to train): where it says its checkpoints go, and whether that
-- outlives the node. `is_external` is true for an object store, a claim or a network volume; a path on the node or in the pod is not.
with runs as (
    select
        workloads.source,
        workloads.source_uri,
        workloads.role,
        containers.words,
        containers.environment
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join {{ ref('int_manifests__template_containers') }} as containers
        on
            workloads.source = containers.source
            and workloads.source_uri = containers.source_uri
            and workloads.role = containers.role
    where workloads.runs = 'job' or workloads.workload_kind in ('training', 'batch')
),

said as (
    select
        source,
        source_uri,
        role,
        coalesce(
            nullif(regexp_extract(words, '(?i)--?[\w.-]*(?:checkpoint|ckpt)[\w.-]*[= ]+(/\S*|[a-z0-9]+://\S+)', 1), ''),
            nullif(regexp_extract(environment, '(?i)\b\w*(?:CHECKPOINT|CKPT)\w*=(/\S*|[a-z0-9]+://\S+)', 1), ''),
            nullif(regexp_extract(words, '(?i)--?[\w.-]*(?:output|save|storage)[\w.-]*[= ]+(/\S*|[a-z0-9]+://\S+)', 1), ''),
            nullif(regexp_extract(environment, '(?i)\b\w*(?:OUTPUT|SAVE)\w*=(/\S*|[a-z0-9]+://\S+)', 1), ''),
            nullif(regexp_extract(words || ' ' || environment, '(?i)([a-z0-9]+://\S*(?:checkpoint|ckpt)\S*)', 1), '')
        ) as target
    from runs
),

mounted as (
    select
        source,
        source_uri,
        role,
        unnest(try_cast(volume_mounts as json[])) as mount
    from {{ ref('stg_manifests__containers') }}
    where volume_mounts is not null and not is_init
),

-- Volumes that outlive the node. A claim that was mounted to read data, caches or weights is no place for checkpoints.
lasting as (
    select
        mounted.source,
        mounted.source_uri,
        mounted.role,
        json_extract_string(mounted.mount, '$.mountPath') as mount_path,
        not regexp_matches(
            json_extract_string(mounted.mount, '$.name') || json_extract_string(mounted.mount, '$.mountPath'),
            '(?i)(^|[-_/])(data|datasets?|caches?|hf|huggingface|inputs?|weights|shm)([-_/]|$)'
        ) as may_hold_checkpoints
    from mounted
    inner join {{ ref('int_manifests__volumes') }} as volumes
        on
            mounted.source = volumes.source
            and mounted.source_uri = volumes.source_uri
            and mounted.role = volumes.role
            and json_extract_string(mounted.mount, '$.name') = volumes.volume
    where
        volumes.backing in ('claim', 'claim_template', 'network')
        and not volumes.is_read_only
        and coalesce(json_extract_string(mounted.mount, '$.readOnly'), 'false') != 'true'
),

looked_up as (
    select
        said.source,
        said.source_uri,
        said.role,
        said.target,
        coalesce(bool_or(
            said.target = lasting.mount_path or starts_with(said.target, rtrim(lasting.mount_path, '/') || '/')
        ), false) as is_on_lasting_volume,
        coalesce(bool_or(lasting.may_hold_checkpoints), false) as has_lasting_volume
    from said
    left join lasting
        on
            said.source = lasting.source
            and said.source_uri = lasting.source_uri
            and said.role = lasting.role
    group by all
)

select
    source,
    source_uri,
    role,
    target,
    case
        when regexp_matches(target, '^[a-z0-9]+://') then not starts_with(target, 'file://')
        when target is not null then is_on_lasting_volume
        else has_lasting_volume
    end as is_external
from looked_up
