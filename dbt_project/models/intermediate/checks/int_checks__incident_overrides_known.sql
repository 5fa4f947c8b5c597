-- One row an override in audit.yaml: whether there is an incident that it is about.
select
    'audit.yaml' as source,
    declared_id as subject,
    state = 'applied' as ok,
    cast(null as double) as console_value,
    cast(null as double) as true_value,
    cast(null as varchar) as unit,
    cast(null as double) as cost_at_stake,
    'incident_overrides, entry ' || position || ': '
    || if(
        state = 'applied',
        'applied (' || declared || ')',
        'no incident of the window has this id, or the id to merge into; take it from fct_incidents.incident_id'
    ) as detail
from {{ ref('fct_incident_overrides') }}
