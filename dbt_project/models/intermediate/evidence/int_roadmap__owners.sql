-- One row a service or track: who owns it, where that is said, and who says otherwise. Work that nobody owns is UNOWNED, itself a finding.
with conflicts as (
    select
        service,
        string_agg(owner_source || ' says ' || owner || ' (' || evidence || ')', '; ' order by preference) as others
    from {{ ref('dim_owners') }}
    where is_conflict
    group by service
)

select
    'service' as scope,
    owners.service as name,
    owners.owner,
    case
        when owners.owner = 'UNOWNED' then 'no owner in audit.yaml, Backstage, CODEOWNERS or PagerDuty'
        when owners.owner_source = 'audit.yaml' then 'service owner in audit.yaml'
        else owners.owner_source || ', ' || owners.evidence
    end
    || coalesce('; but ' || conflicts.others, '') as owner_source,
    conflicts.others as conflict
from {{ ref('dim_owners') }} as owners
left join conflicts
    on owners.service = conflicts.service
where owners.is_used
{% for track in ['cost', 'reliability', 'slo', 'roadmap'] %}
    union all
    select
        'track' as scope,
        '{{ track }}' as name,
        coalesce({{ track }}_owner, 'UNOWNED') as owner,
        if({{ track }}_owner is null, 'no owner of the {{ track }} track in audit.yaml', 'owner of the {{ track }} track') as owner_source,
        cast(null as varchar) as conflict
    from {{ ref('meta_audit') }}
{% endfor %}
