-- One row a service and Backstage entity that names its owner. An entity is the service's when it bears the name of the service, else of
-- one of its workloads, in `metadata.name` or in the annotation by which Backstage finds pods. An owner is written
-- `[kind:][namespace/]name`; a group is the usual kind and says nothing.
with entities as (
    select
        kind,
        lower(name) as name,
        lower(annotations['backstage.io/kubernetes-id']) as kubernetes_id,
        nullif(trim(document ->> '$.spec.owner'), '') as owner_reference,
        source_uri
    from {{ ref('stg_manifests__objects') }}
    where api_version like 'backstage.io/%' and kind in ('Component', 'System', 'API', 'Resource')
),

names as (
    select
        service,
        lower(service) as name,
        1 as distance
    from {{ ref('stg_declared__services') }}
    union all
    select
        service,
        lower(workload) as name,
        2 as distance
    from {{ ref('stg_declared__workloads') }}
)

select distinct
    names.service,
    regexp_replace(regexp_replace(entities.owner_reference, '^[Gg]roup:', ''), '^(user:)?[^/:]+/', '\1') as owner,
    names.distance,
    entities.kind || ' ' || entities.name as entity,
    entities.source_uri
from entities
inner join names
    on entities.name = names.name or entities.kubernetes_id = names.name
where entities.owner_reference is not null
