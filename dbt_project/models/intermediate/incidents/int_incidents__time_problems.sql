-- One row an incident and a time that cannot be: it breaks the order in which things happen. Both times are shown; the columns that
-- the order touches are emptied in fct_incidents, except `detected_at`, which is observed by a machine and stays. People may write of
-- what is over already: an end before the first message is no problem, an end before the first page is.
with times as (
    select * from {{ ref('int_incidents__stated_times') }}
),

orders as (
    select
        incident_id,
        'started_at' as column_name,
        started_at as value,
        'after detected_at' as reason,
        detected_at as other
    from times
    where started_at > detected_at
    union all
    select
        incident_id,
        'acknowledged_at' as column_name,
        acknowledged_at as value,
        'before detected_at' as reason,
        detected_at as other
    from times
    where acknowledged_at < detected_at
    union all
    select
        incident_id,
        'mitigated_at' as column_name,
        mitigated_at as value,
        'before detected_at' as reason,
        detected_at as other
    from times
    where mitigated_at < detected_at and (has_page or mitigated_at < started_at)
    union all
    select
        incident_id,
        'resolved_at' as column_name,
        resolved_at as value,
        'before detected_at' as reason,
        detected_at as other
    from times
    where resolved_at < detected_at and (has_page or resolved_at < started_at)
    union all
    select
        incident_id,
        'mitigated_at' as column_name,
        mitigated_at as value,
        'after resolved_at' as reason,
        resolved_at as other
    from times
    where resolved_at < mitigated_at and (resolved_at >= detected_at or not has_page)
    union all
    select
        incident_id,
        'resolved_at' as column_name,
        resolved_at as value,
        'before mitigated_at' as reason,
        mitigated_at as other
    from times
    where resolved_at < mitigated_at and (resolved_at >= detected_at or not has_page)
)

select
    incident_id,
    column_name,
    value,
    reason,
    other as compared_with
from orders
