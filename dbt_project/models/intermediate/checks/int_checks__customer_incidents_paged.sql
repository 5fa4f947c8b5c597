-- One row an incident that customers saw: whether anybody was paged for it. Without pages to read, nobody can tell.
select
    array_to_string(sources, ', ') as source,
    incident_id as subject,
    case
        when
            exists (
                select 1
                from {{ ref('stg_incidents__pagerduty_incidents') }}
            )
            then paged
    end as ok,
    cast(null as double) as console_value,
    cast(null as double) as true_value,
    cast(null as varchar) as unit,
    cast(null as double) as cost_at_stake,
    strftime(detected_at, '%Y-%m-%d %H:%M') || ' UTC, ' || mode || if(paged, ', paged: ', ', never paged: ') || left(title, 80) as detail
from {{ ref('fct_incidents') }}
where customer_visible and not is_near_miss
