-- One row a day and workload: how busy the GPUs were that its pods held, by both of the counters that people call utilisation.
select
    day,
    service,
    workload,
    kind,
    gpu_hours,
    gpu_hours_with_util as gpu_util_measured_hours,
    gpu_util_weighted as gpu_util_hours,
    gpu_hours_with_sm as sm_active_measured_hours,
    sm_active_weighted as sm_active_hours
from {{ ref('int_workloads__utilisation') }}
