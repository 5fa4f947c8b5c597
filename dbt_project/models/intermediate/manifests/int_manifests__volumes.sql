-- One row a volume of a pod template: what backs it, with the access modes of its claim where the claim is in the manifests.
with written as (
    select
        source,
        cluster,
        namespace,
        source_uri,
        role,
        unnest(try_cast(volumes as json[])) as volume
    from {{ ref('stg_manifests__pod_templates') }}
    where volumes is not null
),

claim_templates as (
    select
        source,
        cluster,
        namespace,
        source_uri,
        role,
        unnest(try_cast(volume_claims as json[])) as claim
    from {{ ref('stg_manifests__pod_templates') }}
    where volume_claims is not null
),

claims as (
    select
        cluster,
        namespace,
        name,
        try_cast(json_extract(document, '$.spec.accessModes') as varchar[]) as access_modes,
        json_extract_string(document, '$.spec.storageClassName') as storage_class,
        json_extract_string(document, '$.spec.volumeName') as volume_name
    from {{ ref('stg_manifests__objects') }}
    where kind = 'PersistentVolumeClaim'
    qualify row_number() over (partition by cluster, namespace, name order by source_uri) = 1
),

backed as (
    select
        source,
        cluster,
        namespace,
        source_uri,
        role,
        json_extract_string(volume, '$.name') as volume,
        case
            when json_exists(volume, '$.persistentVolumeClaim') then 'claim'
            when json_exists(volume, '$.ephemeral') then 'ephemeral'
            when json_exists(volume, '$.emptyDir') then 'empty_dir'
            when json_exists(volume, '$.hostPath') then 'host_path'
            when json_exists(volume, '$.nfs') or json_exists(volume, '$.csi') then 'network'
            else 'other'
        end as backing,
        json_extract_string(volume, '$.persistentVolumeClaim.claimName') as claim,
        coalesce(json_extract_string(volume, '$.persistentVolumeClaim.readOnly') = 'true', false) as is_read_only
    from written
),

found as (
    select
        backed.source,
        backed.source_uri,
        backed.role,
        backed.volume,
        backed.backing,
        backed.claim,
        backed.is_read_only,
        claims.access_modes,
        claims.storage_class,
        claims.volume_name
    from backed
    left join claims
        on backed.cluster = claims.cluster and backed.namespace = claims.namespace and backed.claim = claims.name
    union all
    select
        source,
        source_uri,
        role,
        json_extract_string(claim, '$.metadata.name') as volume,
        'claim_template' as backing,
        null as claim,
        false as is_read_only,
        try_cast(json_extract(claim, '$.spec.accessModes') as varchar[]) as access_modes,
        json_extract_string(claim, '$.spec.storageClassName') as storage_class,
        null as volume_name
    from claim_templates
)

-- A volume without a name can be mounted by nobody; of two with one name the API would refuse the pod.
select
    source,
    source_uri,
    role,
    volume,
    backing,
    claim,
    is_read_only,
    access_modes,
    storage_class,
    volume_name
from found
where volume is not null
qualify row_number() over (partition by source, source_uri, role, volume order by backing, claim) = 1
