-- One row a service and owner that a place names, places in the order in which they are believed: audit.yaml, the Backstage catalog,
-- CODEOWNERS on the path of the service's manifests, the PagerDuty escalation policy of its pages.
with code_owners as (
    select
        workloads.service,
        unnest(owners.owners) as owner,
        owners.source_uri
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join {{ ref('stg_manifests__code_owners') }} as owners
        on
            workloads.source = owners.source
            and regexp_replace(workloads.source_uri, ':[0-9]+(\[[0-9]+\])*$', '') = owners.file_uri
    where workloads.service is not null
),

-- A page names whose it is by the name of its PagerDuty service.
paged as (
    select
        services.service,
        pages.escalation_policy as owner,
        pages.service_name,
        pages.incident_id
    from {{ ref('stg_incidents__pagerduty_incidents') }} as pages
    inner join {{ ref('int_incidents__names') }} as services
        on
            services.kind in ('service', 'workload')
            and (lower(pages.service_name) = services.name or starts_with(lower(pages.service_name), services.name || '-'))
    where pages.escalation_policy is not null and services.service is not null
),

found as (
    select
        service,
        1 as place_order,
        'audit.yaml' as place,
        owner,
        1 as distance,
        1 as mentions,
        'scope.services' as evidence
    from {{ ref('stg_declared__services') }}
    where owner is not null
    union all
    select
        service,
        2 as place_order,
        'Backstage' as place,
        owner,
        min(distance) as distance,
        count(*) as mentions,
        min(entity || ', ' || source_uri) as evidence
    from {{ ref('int_owners__catalog') }}
    group by service, owner
    union all
    select
        service,
        3 as place_order,
        'CODEOWNERS' as place,
        owner,
        1 as distance,
        count(*) as mentions,
        min(source_uri) as evidence
    from code_owners
    group by service, owner
    union all
    select
        service,
        4 as place_order,
        'PagerDuty' as place,
        owner,
        1 as distance,
        count(distinct incident_id) as mentions,
        'escalation policy of ' || min(service_name) as evidence
    from paged
    group by service, owner
)

select
    service,
    place_order,
    place,
    owner,
    evidence,
    -- what two spellings of one owner share: @acme/team-chat, group:default/team-chat and team-chat are one
    lower(regexp_replace(owner, '^(@{1,2})?([^@]*/)?', '')) as owner_key,
    -- within a place the nearest name speaks, then the one that most manifests or pages bear
    row_number() over (partition by service order by place_order asc, distance asc, mentions desc, owner asc) as preference
from found
