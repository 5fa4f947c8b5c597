-- One row a configuration finding.
with findings as (
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        evidence,
        source_uri,
        requirement_id,
        null::double as quantity,
        null::varchar as unit
    from {{ ref('int_manifests__config_findings') }}
    union all
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        evidence,
        source_uri,
        requirement_id,
        null as quantity,
        null as unit
    from {{ ref('int_manifests__config_drift') }}
    union all
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        evidence,
        source_uri,
        requirement_id,
        null as quantity,
        null as unit
    from {{ ref('int_manifests__live_drift') }}
    union all
    select
        kind,
        object,
        object_id,
        namespace,
        cluster,
        evidence,
        source_uri,
        requirement_id,
        pod_hours as quantity,
        'pod-hours' as unit
    from {{ ref('int_manifests__stranded_capacity') }}
    {% for model in ['cache_cliffs', 'blocked_models', 'blind_spots', 'oscillations'] %}
        union all
        select
            kind,
            object,
            object_id,
            namespace,
            cluster,
            evidence,
            source_uri,
            requirement_id,
            quantity,
            unit
        from {{ ref('int_runtime__' ~ model) }}
    {% endfor %}
)

select
    kind || '.' || object_id as finding_id,
    kind,
    object,
    namespace,
    cluster,
    evidence,
    quantity,
    unit,
    source_uri,
    requirement_id
from findings
