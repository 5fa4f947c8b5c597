-- One row a node with several GPUs: whether its mean utilisation hides GPUs that do nothing. A GPU does nothing when it is below 5 % in
-- at least 80 % of its sampled hours.
with hours as (
    select
        cluster,
        node,
        gpu,
        hour,
        max(gpu_util_mean) as gpu_util
    from {{ ref('int_gpus__hourly') }}
    where gpu_util_mean is not null
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
),

costs as (
    select
        cluster,
        node,
        sum(cost) as cost
    from {{ ref('int_nodes__hourly_cost') }}
    group by all
)

select
    nodes.cluster as source,
    nodes.node as subject,
    -- a node that is nearly idle as a whole hides nothing
    nodes.gpus_doing_nothing = 0 or nodes.node_util < 0.2 as ok,
    nodes.node_util as console_value,
    nodes.lowest_gpu_util as true_value,
    'share' as unit,
    costs.cost * nodes.gpus_doing_nothing / nodes.gpus as cost_at_stake,
    case
        when nodes.gpus_doing_nothing = 0 then 'every GPU works'
        else
            'GPUs ' || nodes.names || ' of ' || nodes.gpus || ' on ' || nodes.node || ' do nothing while the node shows '
            || printf('%.0f %%', 100 * nodes.node_util)
    end as detail
from nodes
left join costs
    on nodes.cluster = costs.cluster and nodes.node = costs.node
