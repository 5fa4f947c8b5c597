-- The services in scope and what is promised.
select
    service,
    owner,
    consumer,
    depends_on,
    latency_percentile,
    latency_threshold_ms,
    availability_objective,
    availability_window_days,
    tolerance_latency_ms,
    tolerance_retries,
    tolerance_timeout_ms
from {{ source('lake', 'declared_services') }}
