-- One row a pod template whose storage lives in one zone: a PersistentVolume or a StorageClass that the manifests hold to a single zone.
with objects as (
    select
        cluster,
        kind,
        name,
        document
    from {{ ref('stg_manifests__objects') }}
    where kind in ('PersistentVolume', 'StorageClass')
),

expressions as (
    select
        cluster,
        kind,
        name,
        unnest(
            if(
                kind = 'StorageClass',
                try_cast(json_extract(document, '$.allowedTopologies[*].matchLabelExpressions[*]') as json[]),
                try_cast(json_extract(document, '$.spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[*]') as json[])
            )
        ) as expression
    from objects
),

zones as (
    select
        expressions.cluster,
        expressions.kind,
        expressions.name,
        list_distinct(flatten(list(try_cast(json_extract(expressions.expression, '$.values') as varchar[])))) as zone_names
    from expressions
    inner join {{ ref('node_label_meanings') }} as meanings
        on regexp_matches(json_extract_string(expressions.expression, '$.key'), meanings.key_pattern)
    where meanings.meaning = 'zone'
    group by all
)

select
    volumes.source,
    volumes.source_uri,
    volumes.role,
    min(zones.kind || '/' || zones.name || ' allows zone ' || zones.zone_names[1] || ' only') as evidence
from {{ ref('int_manifests__volumes') }} as volumes
inner join {{ ref('int_manifests__workloads') }} as workloads
    on
        volumes.source = workloads.source
        and volumes.source_uri = workloads.source_uri
        and volumes.role = workloads.role
inner join zones
    on
        workloads.cluster = zones.cluster
        and zones.name = if(zones.kind = 'StorageClass', volumes.storage_class, volumes.volume_name)
where len(zones.zone_names) = 1
group by all
