-- One row an incident with a stated time: whether its times are in the order in which things happen.
with problems as (
    select
        incident_id,
        string_agg(column_name || ' ' || reason, ', ' order by column_name, reason) as problems
    from {{ ref('int_incidents__time_problems') }}
    group by incident_id
)

select
    array_to_string(incidents.sources, ', ') as source,
    incidents.incident_id as subject,
    problems.problems is null as ok,
    cast(null as double) as console_value,
    cast(null as double) as true_value,
    'minutes' as unit,
    cast(null as double) as cost_at_stake,
    coalesce(problems.problems, 'in order') as detail
from {{ ref('fct_incidents') }} as incidents
left join problems
    on incidents.incident_id = problems.incident_id
where
    problems.problems is not null
    or coalesce(incidents.started_at, incidents.detected_at, incidents.mitigated_at, incidents.resolved_at) is not null
