-- One row a node with several GPUs: whether its mean utilisation hides GPUs that do nothing. A GPU does nothing when it is below 5 % in
-- at least 80 % of its sampled hours.
with hours as (
    select
        cluster,
        node,
        gpu,
        hour,
        max(gpu_util_mean) as gpu_util
    from {{ ref('stg_metrics__gpu_hourly') }}
    where gpu_util_mean is not null and mig_profile is null
    group by all
),

gpus as (
    select
        cluster,
        node,
        gpu,
        avg(gpu_util) as gpu_util,
        avg(case when gpu_util < 0.05 then 1.0 else 0.0 end) >= 0.8 as does_nothing
    from hours
    group by all
),

nodes as (
    select
        cluster,
        node,
        count(*) as gpus,
        count(*) filter (where does_nothing) as gpus_doing_nothing,
        avg(gpu_util) as node_util,
        min(gpu_util) as lowest_gpu_util,
        string_agg(gpu, ', ' order by try_cast(gpu as integer), gpu) filter (where does_nothing) as names
    from gpus
    group by all
    having count(*) > 1
)

select
    cluster as source,
    node as subject,
    -- a node that is nearly idle as a whole hides nothing
    gpus_doing_nothing = 0 or node_util < 0.2 as ok,
    node_util as console_value,
    lowest_gpu_util as true_value,
    'share' as unit,
    cast(null as double) as cost_at_stake,
    case
        when gpus_doing_nothing = 0 then 'every GPU works'
        else
            'GPUs '
            || names
            || ' of '
            || gpus
            || ' on '
            || node
            || ' do nothing while the node shows '
            || printf('%.0f', 100 * node_util)
            || ' %'
    end as detail
from nodes
