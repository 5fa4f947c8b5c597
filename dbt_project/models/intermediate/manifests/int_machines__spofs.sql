-- One row a pool of GPU machines in one zone, where no other declared pool of the cluster has that GPU in another zone.
-- A pool whose zones are unknown may be the other zone, so nothing is said of its GPU.
with pools as (
    select
        *,
        array_to_string(gpu_models, ', ') as models
    from {{ ref('int_machines__declared') }}
    where
        role = 'pool'
        and gpus > 0
        and action is distinct from 'delete'
        and coalesce(greatest(desired, max_size), 1) > 0
),

judged as (
    select
        *,
        bool_and(len(zones) > 0) over same_gpu as zones_are_known,
        len(list_distinct(flatten(list(zones) over same_gpu))) as zones_of_gpu,
        bool_and(len(zones) > 0) over same_cluster and len(list_distinct(flatten(list(zones) over same_cluster))) = 1 as holds_every_gpu
    from pools
    window
        same_gpu as (partition by cluster, models),
        same_cluster as (partition by cluster)
)

select
    'single_zone' as kind,
    object,
    object_id,
    cast(null as varchar) as namespace,
    cluster,
    cast(null as varchar) as service,
    cast(null as varchar) as workload,
    'every ' || coalesce(nullif(models, '') || ' machine', 'GPU machine of its kind') || ' that Terraform declares is in zone ' || zones[1]
    || coalesce('; bound to reservation ' || reservation, '') as evidence,
    source_uri,
    if(holds_every_gpu, 'cluster', 'one_service') as blast_radius
from judged
where zones_are_known and zones_of_gpu = 1
