-- One row an object that another object made and looks after (`ownerReferences` with `controller: true`), as in a dump of a live cluster.
-- `is_judged_by_owner`: the owner is in the manifests too, or it is a pod or a ReplicaSet, which its controller replaces when it is lost.
with objects as (
    select
        source,
        cluster,
        kind,
        namespace,
        name,
        source_uri,
        try_cast(json_extract(document, '$.metadata.ownerReferences') as json[]) as owners
    from {{ ref('stg_manifests__objects') }}
),

owned as (
    select
        source,
        cluster,
        kind,
        namespace,
        source_uri,
        unnest(owners) as owner
    from objects
    where len(owners) > 0
),

controlled as (
    select
        source,
        cluster,
        kind,
        namespace,
        source_uri,
        json_extract_string(owner, '$.kind') as owner_kind,
        json_extract_string(owner, '$.name') as owner_name
    from owned
    where json_extract_string(owner, '$.controller') = 'true'
)

select
    controlled.source,
    controlled.source_uri,
    min(controlled.owner_kind || '/' || controlled.owner_name) as controlled_by,
    bool_or(controlled.kind in ('Pod', 'ReplicaSet') or objects.name is not null) as is_judged_by_owner
from controlled
left join objects
    on
        controlled.cluster = objects.cluster
        and controlled.owner_kind = objects.kind
        and controlled.owner_name = objects.name
        and coalesce(objects.namespace, controlled.namespace) is not distinct from controlled.namespace
group by all
