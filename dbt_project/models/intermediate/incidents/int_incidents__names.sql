-- One row a name by which a service can be spoken of: its own, its workloads', its nodes' and its pods'. `service` is null where a name
-- says where, but not whose. Words that are a name and English are told apart where they are looked up.
with workloads as (
    select
        service,
        workload,
        namespace
    from {{ ref('stg_declared__workloads') }}
),

-- A namespace points to a service only when no other service lives in it.
namespaces as (
    select
        namespace,
        min(service) as service
    from workloads
    where namespace is not null
    group by namespace
    having count(distinct service) = 1
),

pods as (
    select distinct
        namespace,
        pod
    from {{ ref('stg_metrics__pod_hourly') }}
    where pod is not null
    union
    select distinct
        namespace,
        pod
    from {{ ref('stg_metrics__gpu_hourly') }}
    where pod is not null
),

nodes as (
    select distinct node from {{ ref('stg_metrics__node_hourly') }}
    union
    select distinct node from {{ ref('stg_metrics__gpu_hourly') }}
),

named as (
    select
        'service' as kind,
        lower(service) as name,
        service
    from {{ ref('stg_declared__services') }}
    union all
    select
        'workload' as kind,
        lower(workload) as name,
        service
    from workloads
    union all
    select
        'pod' as kind,
        lower(pods.pod) as name,
        namespaces.service
    from pods
    left join namespaces on pods.namespace = namespaces.namespace
    union all
    select
        'node' as kind,
        lower(node) as name,
        null as service
    from nodes
)

select
    kind,
    name,
    min(service) as service
from named
where name is not null
group by kind, name
