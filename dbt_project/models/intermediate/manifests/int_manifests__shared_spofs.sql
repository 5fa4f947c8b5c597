-- One row a single point of failure that workloads share: a public registry, a pinned version nobody explains, a queue with one flavor.
with pulled as (
    select
        workloads.cluster,
        workloads.object_id,
        workloads.namespace,
        workloads.service,
        workloads.workload,
        workloads.source_uri,
        unnest(containers.registries) as registry
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join {{ ref('int_manifests__template_containers') }} as containers
        on
            workloads.source = containers.source
            and workloads.source_uri = containers.source_uri
            and workloads.role = containers.role
    where workloads.in_spof_net
),

-- policy.mirrors names the registries that are mirrored (`docker.io`, `docker.io=registry.internal`, `registry.internal/docker.io`).
-- A bare mirror host covers what is pulled from it, and nothing that is pulled from elsewhere.
mirrored as (
    select unnest(flatten(list_transform(mirrors, lambda mirror: regexp_split_to_array(lower(mirror), '->|[^a-z0-9.:-]+')))) as registry
    from {{ ref('stg_declared__audit') }}
),

registries as (
    select
        'unmirrored_registry' as kind,
        'Registry/' || pulled.registry as object,
        pulled.cluster || '.' || pulled.registry as object_id,
        null as namespace,
        pulled.cluster,
        if(count(distinct coalesce(pulled.service, '')) = 1, min(pulled.service), null) as service,
        if(count(distinct coalesce(pulled.workload, '')) = 1, min(pulled.workload), null) as workload,
        count(distinct pulled.object_id) || ' workload' || if(count(distinct pulled.object_id) = 1, '', 's') || ' pulled from '
        || pulled.registry || ' (' || min(public.operator) || '), which policy.mirrors does not name: '
        || array_to_string(list_sort(list_distinct(list(pulled.object_id)))[1:3], ', ')
        || if(count(distinct pulled.object_id) > 3, ', …', '') as evidence,
        min(pulled.source_uri) as source_uri,
        if(count(distinct coalesce(pulled.service, pulled.object_id)) > 1, 'cluster', 'one_service') as blast_radius
    from pulled
    inner join {{ ref('public_registries') }} as public
        on pulled.registry = public.registry
    where pulled.registry not in (select mirrored.registry from mirrored where mirrored.registry is not null)
    group by pulled.cluster, pulled.registry
),

pins as (
    select
        'unexplained_pin' as kind,
        object,
        object_id,
        null as namespace,
        cluster,
        null as service,
        null as workload,
        concat_ws('; ', what || ' is pinned and no reason is declared', 'where: ' || location, in_manifests) as evidence,
        source_uri,
        'cluster' as blast_radius
    from {{ ref('int_manifests__driver_pins') }}
    where reason is null
),

resource_groups as (
    select
        cluster,
        name,
        source_uri,
        unnest(try_cast(json_extract(document, '$.spec.resourceGroups') as json[])) as resource_group
    from {{ ref('stg_manifests__objects') }}
    where kind = 'ClusterQueue' and json_type(document, '$.spec.resourceGroups') = 'ARRAY'
),

flavors as (
    select
        'single_flavor' as kind,
        'ClusterQueue/' || name as object,
        concat_ws('.', cluster, 'clusterqueue', name) as object_id,
        null as namespace,
        cluster,
        null as service,
        null as workload,
        'one flavor, ' || coalesce(json_extract_string(resource_group, '$.flavors[0].name'), 'without a name') || ', for '
        || array_to_string(list_filter(
            try_cast(json_extract(resource_group, '$.coveredResources') as varchar[]),
            lambda resource: regexp_matches(resource, '/(gpu|mig-|tpu|gaudi|neuron)')
        ), ', ') as evidence,
        source_uri,
        'cluster' as blast_radius
    from resource_groups
    where
        json_array_length(resource_group, '$.flavors') = 1
        and len(list_filter(
            try_cast(json_extract(resource_group, '$.coveredResources') as varchar[]),
            lambda resource: regexp_matches(resource, '/(gpu|mig-|tpu|gaudi|neuron)')
        )) > 0
    qualify row_number() over (partition by cluster, name order by source_uri) = 1
)

select * from registries
union all
select * from pins
union all
select * from flavors
