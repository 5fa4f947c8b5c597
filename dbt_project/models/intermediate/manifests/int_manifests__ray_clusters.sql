-- One row an object with a Ray cluster in it: whether the state of its head is kept outside, and whether the work is submitted again.
select
    source,
    source_uri,
    json_exists(document, '$.spec.gcsFaultToleranceOptions')
    or json_exists(document, '$.spec.rayClusterConfig.gcsFaultToleranceOptions')
    or json_exists(document, '$.spec.rayClusterSpec.gcsFaultToleranceOptions')
    or json_exists(document, '$.spec.jobTemplate.rayClusterSpec.gcsFaultToleranceOptions')
    or coalesce(annotations['ray.io/ft-enabled'] = 'true', false) as is_fault_tolerant,
    -- KubeRay submits a RayJob again as often as backoffLimit says, by default not at all
    coalesce(try_cast(coalesce(
        json_extract_string(document, '$.spec.backoffLimit'), json_extract_string(document, '$.spec.jobTemplate.backoffLimit')
    ) as bigint), 0) > 0 as is_retried
from {{ ref('stg_manifests__objects') }}
where kind in ('RayCluster', 'RayService', 'RayJob', 'RayCronJob')
