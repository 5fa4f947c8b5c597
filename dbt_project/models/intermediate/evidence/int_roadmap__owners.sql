-- One row a service or track: who owns it, and where that is said. Without a declared owner the work is UNOWNED, which is itself a finding.
select
    'service' as scope,
    service as name,
    coalesce(owner, 'UNOWNED') as owner,
    if(owner is null, 'no owner in audit.yaml', 'service owner in audit.yaml') as owner_source
from {{ ref('stg_declared__services') }}
{% for track in ['cost', 'reliability', 'slo', 'roadmap'] %}
    union all
    select
        'track' as scope,
        '{{ track }}' as name,
        coalesce({{ track }}_owner, 'UNOWNED') as owner,
        if({{ track }}_owner is null, 'no owner of the {{ track }} track in audit.yaml', 'owner of the {{ track }} track') as owner_source
    from {{ ref('meta_audit') }}
{% endfor %}
