{%- set of_manifests = ['config_findings', 'config_drift', 'live_drift', 'stranded_capacity'] %}
{%- set of_machines = ['findings', 'unseen'] %}
{%- set of_runtimes = ['cache_cliffs', 'blocked_models', 'blind_spots', 'oscillations'] -%}
-- One row a configuration finding. What manifests alone tell has no quantity.
with findings as (
    {% for model in of_manifests %}
        select *
        from {{ ref('int_manifests__' ~ model) }}
        union all by name
    {% endfor %}
    {% for model in of_machines %}
        select *
        from {{ ref('int_machines__' ~ model) }}
        union all by name
    {% endfor %}
    {% for model in of_runtimes %}
        select *
        from {{ ref('int_runtime__' ~ model) }}
        {{ 'union all by name' if not loop.last }}
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
