-- One row a single point of failure.
with spofs as (
    {% for model in ['int_manifests__template_spofs', 'int_manifests__shared_spofs', 'int_machines__spofs'] %}
        select * from {{ ref(model) }}
        {{ 'union all by name' if not loop.last }}
    {% endfor %}
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
