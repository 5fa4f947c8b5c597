-- One row a service and owner that a place names, or UNOWNED where no place does. The first one is used; who names somebody else is a
-- conflict. An escalation policy says who is paged, seldom whose a service is, so it takes part in no conflict.
with found as (
    select
        service,
        place,
        owner,
        owner_key,
        evidence,
        preference
    from {{ ref('int_owners__found') }}
    union all
    select
        services.service,
        'nobody' as place,
        'UNOWNED' as owner,
        null as owner_key,
        'named in neither audit.yaml, a Backstage catalog, CODEOWNERS nor PagerDuty' as evidence,
        1 as preference
    from {{ ref('stg_declared__services') }} as services
    anti join {{ ref('int_owners__found') }} as owners
        on services.service = owners.service
)

select
    service,
    preference,
    owner,
    place as owner_source,
    evidence,
    preference = 1 as is_used,
    -- several owners of one place share it
    coalesce(
        place <> 'PagerDuty'
        and place <> first_value(place) over by_preference
        and not list_contains(list(owner_key) over same_place, first_value(owner_key) over by_preference),
        false
    ) as is_conflict
from found
window
    by_preference as (partition by service order by preference),
    same_place as (partition by service, place)
