-- One row a single point of failure.
with spofs as (
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        service,
        workload,
        evidence,
        source_uri,
        blast_radius
    from {{ ref('int_manifests__template_spofs') }}
    union all
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        service,
        workload,
        evidence,
        source_uri,
        blast_radius
    from {{ ref('int_manifests__shared_spofs') }}
    union all
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        service,
        workload,
        evidence,
        source_uri,
        blast_radius
    from {{ ref('int_machines__spofs') }}
)

select
    kind || '.' || object_id as spof_id,
    kind,
    object,
    namespace,
    cluster,
    service,
    workload,
    evidence,
    source_uri,
    blast_radius
from spofs
