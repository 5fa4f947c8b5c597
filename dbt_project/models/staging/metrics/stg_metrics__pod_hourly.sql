-- One row a pod and hour, from kube-state-metrics.
select
    source,
    cluster,
    namespace,
    pod,
    make_timestamp(epoch_us(hour)) as hour,
    node,
    owner_kind,
    owner_name,
    labels,
    running_share,
    pending_share,
    gpus_requested,
    cpu_requested,
    memory_requested_gib,
    restarts_increase,
    samples,
    coverage
from {{ source('lake', 'pod_hourly') }}
