-- One row a run that reached the warehouse.
select
    run_id,
    started_at at time zone 'UTC' as started_at,
    finished_at at time zone 'UTC' as finished_at,
    status,
    versions,
    window_start,
    window_end
from {{ source('lake', 'runs') }}
