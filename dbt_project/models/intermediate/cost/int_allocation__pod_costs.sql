-- One row a pod on a billed node in an hour (cluster, node, hour, namespace, pod): its cost by each split rule, in the audit's currency.
{# OpenCost: prices of a core, a GiB and a GPU whose ratios split the node's price (its default AWS price sheet, configs/aws.json).
   AWS split cost allocation data: weights of a GPU, a vCPU and a GiB (user guide, example for accelerated instances). #}
{%- set opencost = {
    'core': var('opencost_core', 0.031611), 'gib': var('opencost_gib', 0.004237), 'gpu': var('opencost_gpu', 0.95)
} -%}
{%- set scad = {'core': 0.9, 'gib': 0.1, 'gpu': 9} %}
with nodes as (
    select
        priced.cluster,
        priced.node,
        priced.hour,
        priced.cost,
        priced.gpus,
        observed.cpu_allocatable as cores,
        observed.memory_allocatable_gib as gib,
        observed.kube_pods_known
        and observed.cpu_allocatable is not null
        and observed.memory_allocatable_gib is not null
        and priced.gpus is not null as resources_known
    from {{ ref('int_nodes__hourly_cost') }} as priced
    inner join {{ ref('int_nodes__hours') }} as observed
        on priced.cluster = observed.cluster and priced.node = observed.node and priced.hour = observed.hour
),

pods as (
    select
        pods.cluster,
        pods.node,
        pods.hour,
        pods.namespace,
        pods.pod,
        pods.gpu_hours,
        pods.core_hours,
        pods.gib_hours,
        nodes.cost,
        nodes.cores,
        nodes.gib,
        nodes.resources_known,
        coalesce(nodes.gpus, sum(pods.gpu_hours) over one_node) as gpus,
        sum(pods.gpu_hours) over one_node as node_gpu_hours,
        sum(pods.core_hours) over one_node as node_core_hours,
        sum(pods.gib_hours) over one_node as node_gib_hours,
        count(*) over one_node as node_pods
    from {{ ref('int_allocation__pod_hours') }} as pods
    inner join nodes on pods.cluster = nodes.cluster and pods.node = nodes.node and pods.hour = nodes.hour
    window one_node as (partition by pods.cluster, pods.node, pods.hour)
),

-- Each resource's part of the node's price (0..1), and the pod's part of the resource (0..1).
-- Where pods hold more cores or memory than the node has, everyone's part shrinks.
parts as (
    select
        cluster,
        node,
        hour,
        namespace,
        pod,
        cost,
        resources_known,
        node_pods,
        gpu_hours / nullif(gpus, 0) as gpu_part,
        core_hours / nullif(greatest(cores, node_core_hours), 0) as core_part,
        gib_hours / nullif(greatest(gib, node_gib_hours), 0) as gib_part,
        gpu_hours / nullif(node_gpu_hours, 0) as gpu_part_of_held,
        core_hours / nullif(node_core_hours, 0) as core_part_of_held,
        gib_hours / nullif(node_gib_hours, 0) as gib_part_of_held,
        {{ opencost['gpu'] }} * gpus as opencost_gpu,
        {{ opencost['core'] }} * cores as opencost_core,
        {{ opencost['gib'] }} * gib as opencost_gib,
        {{ scad['gpu'] }} * gpus as scad_gpu,
        {{ scad['core'] }} * cores as scad_core,
        {{ scad['gib'] }} * gib as scad_gib
    from pods
),

weighed as (
    select
        cluster,
        node,
        hour,
        namespace,
        pod,
        cost,
        node_pods,
        resources_known,
        coalesce(gpu_part, 0) as gpu_only,
        (
            opencost_gpu * coalesce(gpu_part, 0)
            + opencost_core * coalesce(core_part, 0)
            + opencost_gib * coalesce(gib_part, 0)
        ) / nullif(opencost_gpu + opencost_core + opencost_gib, 0) as opencost,
        -- the whole price of a resource that any pod holds, in proportion to what each holds
        (
            scad_gpu * coalesce(gpu_part_of_held, 0)
            + scad_core * coalesce(core_part_of_held, 0)
            + scad_gib * coalesce(gib_part_of_held, 0)
        ) / nullif(scad_gpu + scad_core + scad_gib, 0) as scad
    from parts
)

-- Nine decimals: a billionth of the currency is beyond any bill, and what rounding leaves stays with the node's rest.
select
    cluster,
    node,
    hour,
    namespace,
    pod,
    round(cost * gpu_only, 9) as gpu_only_cost,
    case when resources_known then round(cost * opencost, 9) end as opencost_cost,
    -- What no pod holds at all follows the cost of what they hold; pods that hold nothing share it evenly.
    case
        when resources_known
            then round(cost * coalesce(scad / nullif(sum(scad) over (partition by cluster, node, hour), 0), 1 / node_pods), 9)
    end as aws_scad_cost
from weighed
