-- One row a pod template: what its containers say, taken together (init containers only count where named).
with containers as (
    select
        source,
        source_uri,
        role,
        container,
        is_init,
        image,
        image_registry,
        image_repository,
        image_tag,
        image_digest,
        gpu_resource,
        cpu_request,
        memory_request_gib,
        memory_limit_gib,
        has_readiness_probe,
        has_liveness_probe,
        env,
        list_concat(coalesce(command, []), coalesce(args, [])) as words
    from {{ ref('stg_manifests__containers') }}
),

image_roles as (
    select
        containers.source,
        containers.source_uri,
        containers.role,
        bool_or(images.role = 'serving') as has_serving_image,
        bool_or(images.role = 'vector_store') as has_vector_store_image
    from containers
    inner join {{ ref('workload_images') }} as images
        on regexp_matches(containers.image_repository, images.image_pattern)
    where not containers.is_init
    group by all
)

select
    containers.source,
    containers.source_uri,
    containers.role,
    bool_or(containers.gpu_resource is not null) as has_gpus,
    coalesce(any_value(image_roles.has_serving_image), false) as has_serving_image,
    coalesce(any_value(image_roles.has_vector_store_image), false) as has_vector_store_image,
    coalesce(bool_or(containers.has_readiness_probe) filter (where not containers.is_init), false) as has_readiness_probe,
    coalesce(bool_or(containers.has_liveness_probe) filter (where not containers.is_init), false) as has_liveness_probe,
    -- an image that names a moving target: no tag, or a tag that is moved by convention, and no digest
    coalesce(list_sort(list_distinct(list(containers.image) filter (
        where
        containers.image is not null
        and not {{ is_placeholder('containers.image') }}
        and containers.image_digest is null
        and (
            containers.image_tag is null
            or regexp_matches(lower(containers.image_tag), '(^|[-_.])latest([-_.]|$)')
            or regexp_matches(
                lower(containers.image_tag), '(^|[-_.])(main|master|head|develop|dev|nightly|edge|canary|stable|snapshot)$'
            )
        )
    ))), []) as mutable_images,
    coalesce(list_sort(list_distinct(list(containers.image_registry) filter (
        where containers.image_registry is not null and not {{ is_placeholder('containers.image') }}
    ))), []) as registries,
    coalesce(list_sort(list(
        containers.container || ': no ' || array_to_string(list_filter(
            [
                if(containers.cpu_request is null, 'CPU request', null),
                if(containers.memory_request_gib is null, 'memory request', null),
                if(containers.memory_limit_gib is null, 'memory limit', null)
            ],
            lambda missing: missing is not null
        ), ', ')
    ) filter (
        -- what has no image of its own gets its resources from a runtime that is defined elsewhere
        where not containers.is_init
        and containers.image is not null
        and (containers.cpu_request is null or containers.memory_request_gib is null or containers.memory_limit_gib is null)
    )), []) as without_limits,
    coalesce(bool_or(containers.env['RAY_REDIS_ADDRESS'] is not null), false) as has_ray_redis,
    coalesce(array_to_string(flatten(list(containers.words order by containers.is_init, containers.container)), ' '), '') as words,
    -- environment variables as `NAME=value`
    coalesce(array_to_string(flatten(list(
        list_transform(map_entries(containers.env), lambda entry: entry['key'] || '=' || entry['value'])
        order by containers.is_init, containers.container
    )), ' '), '') as environment
from containers
left join image_roles
    on
        containers.source = image_roles.source
        and containers.source_uri = image_roles.source_uri
        and containers.role = image_roles.role
group by all
