-- One row a pinned version: declared pins, and GPU driver versions and images of GPU machines that the manifests and Terraform's code fix.
-- A version in a manifest that a declared pin names is the same pin; `reason` is the declared one, null when nobody gave any.
with declared as (
    select
        what,
        location,
        nullif(trim(reason), '') as reason,
        nullif(regexp_extract(what, '[0-9]+(\.[0-9]+)+'), '') as version,
        nullif(regexp_extract(what, 'ami-[0-9a-f]{8,}'), '') as image
    from {{ ref('stg_declared__pins') }}
),

policies as (
    select
        cluster,
        kind || '/' || name as object,
        lower(kind) || '.' || name as object_id,
        case
            when kind = 'NVIDIADriver' then json_extract_string(document, '$.spec.version')
            when coalesce(json_extract_string(document, '$.spec.driver.enabled'), 'true') = 'true'
                then json_extract_string(document, '$.spec.driver.version')
        end as version,
        source_uri
    from {{ ref('stg_manifests__objects') }}
    where kind in ('ClusterPolicy', 'NVIDIADriver')
    union
    select
        cluster,
        kind || '/' || name as object,
        concat_ws('.', namespace, lower(kind), name) as object_id,
        image_tag as version,
        source_uri
    from {{ ref('stg_manifests__containers') }}
    where regexp_matches(image_repository, '(^|/)nvidia/driver$')
    union
    select
        cluster,
        object,
        id_in_cluster as object_id,
        image as version,
        source_uri
    from {{ ref('int_machines__declared') }}
    -- what the code computes (the newest image, say) nobody pinned
    where has_gpus and image_written = 'literal' and action is distinct from 'delete'
    union
    select
        cluster,
        object,
        id_in_cluster as object_id,
        driver as version,
        source_uri
    from {{ ref('int_machines__declared') }}
    where has_gpus and driver is not null and action is distinct from 'delete'
    union
    select
        cluster,
        'HelmRelease/' || address as object,
        'helmrelease.' || address as object_id,
        driver as version,
        source_uri
    from {{ ref('stg_manifests__chart_releases') }}
    where superseded_by is null and driver is not null and action is distinct from 'delete'
),

in_manifests as (
    select
        cluster,
        object,
        object_id,
        version,
        source_uri
    from policies
    where regexp_matches(version, '^([0-9]+(\.[0-9]+)+|ami-[0-9a-f]{8,}$)')
),

paired as (
    select
        declared.what,
        declared.location,
        declared.reason,
        in_manifests.cluster,
        in_manifests.object,
        in_manifests.object_id,
        in_manifests.version,
        in_manifests.source_uri
    from declared
    full join in_manifests
        on
            starts_with(in_manifests.version, declared.version)
            or starts_with(declared.version, in_manifests.version)
            or declared.image = in_manifests.version
)

select
    coalesce('Pin/' || what, min(object)) as object,
    coalesce(
        trim(regexp_replace(lower(what), '[^a-z0-9._]+', '-', 'g'), '-'),
        concat_ws('.', min(cluster), min(object_id))
    ) as object_id,
    if(count(distinct cluster) = 1, min(cluster), null) as cluster,
    coalesce(what, if(starts_with(min(version), 'ami-'), 'image ', 'driver ') || min(version)) as what,
    location,
    reason,
    string_agg(distinct object || ' has ' || version, ', ' order by object || ' has ' || version) as in_manifests,
    coalesce(min(source_uri), 'audit.yaml') as source_uri
from paired
group by what, location, reason, if(what is null, cluster || '.' || object_id, null)
