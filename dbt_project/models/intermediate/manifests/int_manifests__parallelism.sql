-- One row a container that says how its model is split over GPUs, with the GPUs its pod (or its LeaderWorkerSet group) has.
-- Ray clusters place their own actors, and a pod with workers elsewhere has GPUs that its own manifest does not show: both are left out.
with containers as (
    select
        containers.source,
        containers.source_uri,
        containers.role,
        containers.container,
        containers.gpus as container_gpus,
        array_to_string(list_concat(coalesce(containers.command, []), coalesce(containers.args, [])), ' ') as words,
        -- text-generation-inference reads its shards from the environment too
        if(regexp_matches(containers.image_repository, 'text-generation-inference'), containers.env['NUM_SHARD'], null) as env_shards
    from {{ ref('stg_manifests__containers') }} as containers
    where not containers.is_init
),

said as (
    select
        source,
        source_uri,
        role,
        container,
        container_gpus,
        try_cast(coalesce(
            {{ flag_value('words', 'tensor[-_]parallel[-_]size|tp|tp[-_]size|num[-_]shard') }}, env_shards
        ) as bigint) as tensor,
        try_cast({{ flag_value('words', 'pipeline[-_]parallel[-_]size|pp|pp[-_]size') }} as bigint) as pipeline,
        -- with attention over data-parallel ranks (SGLang) the ranks share the GPUs of the tensor split
        if(
            regexp_matches(words, 'enable[-_]dp[-_]attention'),
            1,
            try_cast(coalesce(
                {{ flag_value('words', 'data[-_]parallel[-_]size[-_]local|dpl') }},
                {{ flag_value('words', 'data[-_]parallel[-_]size|dp|dp[-_]size') }}
            ) as bigint)
        ) as data
    from containers
),

grouped as (
    select
        workloads.*,
        if(
            bool_or(workloads.gpus is null) over (partition by workloads.source, workloads.source_uri),
            null,
            sum(workloads.gpus * workloads.pods_per_replica) over (partition by workloads.source, workloads.source_uri)
        ) as group_gpus,
        bool_or(regexp_matches(workloads.role, '(^|-)worker')) over (partition by workloads.source, workloads.source_uri) as has_workers
    from {{ ref('int_manifests__workloads') }} as workloads
)

select
    grouped.source,
    grouped.source_uri,
    grouped.role,
    said.container,
    coalesce(said.tensor, 1) as tensor,
    coalesce(said.pipeline, 1) as pipeline,
    coalesce(said.data, 1) as data,
    coalesce(said.tensor, 1) * coalesce(said.pipeline, 1) * coalesce(said.data, 1) as ranks,
    if(said.container_gpus > 0, said.container_gpus, grouped.gpus) as pod_gpus,
    case
        when grouped.kind = 'LeaderWorkerSet' then grouped.group_gpus
        -- a Dynamo service over several nodes
        when grouped.pods_per_replica > 1 then grouped.gpus * grouped.pods_per_replica
    end as group_gpus
from said
inner join grouped
    on
        said.source = grouped.source
        and said.source_uri = grouped.source_uri
        and said.role = grouped.role
where
    coalesce(said.tensor, said.pipeline) is not null
    and grouped.gpus > 0
    and grouped.runs = 'service'
    and not starts_with(grouped.kind, 'Ray')
    and case
        when grouped.kind = 'LeaderWorkerSet' then grouped.group_gpus is not null
        when starts_with(grouped.kind, 'Dynamo') then true
        else not grouped.has_workers
    end
