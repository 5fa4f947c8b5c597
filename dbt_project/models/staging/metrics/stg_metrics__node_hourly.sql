-- One row a node and hour, from kube-state-metrics.
select
    source,
    cluster,
    node,
    make_timestamp(epoch_us(hour)) as hour,
    provider_id,
    resource_id,
    instance_type,
    region,
    zone,
    labels,
    gpus_allocatable,
    cpu_allocatable,
    memory_allocatable_gib,
    cordoned_share,
    samples,
    coverage
from {{ source('lake', 'node_hourly') }}
