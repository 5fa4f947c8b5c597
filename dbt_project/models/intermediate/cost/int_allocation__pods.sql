-- One row a pod on a node in an hour (cluster, node, hour, namespace, pod): whose it is, what it held, cost and idled, and why it idled.
{# A pod that restarts this often in an hour is in a crash loop: the kubelet's back-off ends at five minutes, so 12 an hour is the most. #}
{%- set crash_loop_restarts = 3 -%}
{# Share of the hour in which something on the node waited for I/O before idleness is put down to it; PSI's own monitors default to 10 %. #}
{%- set io_waiting_share = 0.1 %}
with traffic as (
    select
        workload,
        hour,
        sum(amount) as amount
    from {{ ref('int_units__hourly') }}
    -- only work that comes as requests: an epoch or a job takes hours, and no count in an hour says nothing
    where kind in ('inference', 'embeddings')
    group by all
)

select
    held.cluster,
    held.node,
    held.hour,
    cast(held.hour as date) as day,
    held.namespace,
    held.pod,
    pods.service,
    pods.workload,
    pods.kind,
    pods.tenant,
    pods.is_declared,
    priced.provider,
    priced.gpu_model,
    priced.hour is not null as is_billed,
    held.gpu_hours,
    held.gpu_hours_measured,
    held.gpu_hours_active,
    held.gpu_hours_with_sm,
    held.sm_active_weighted,
    held.gpu_hours_with_util,
    held.gpu_util_weighted,
    held.oversubscribed,
    costs.gpu_only_cost,
    costs.opencost_cost,
    costs.aws_scad_cost,
    case
        when held.running_share = 0 or held.restarts_increase >= {{ crash_loop_restarts }} then 'allocated_stuck_pod'
        when traffic.amount = 0 then 'allocated_no_traffic'
        when io_waits.io_waiting_share >= {{ io_waiting_share }} then 'allocated_waiting_io'
        else 'allocated_low_activity'
    end as idle_reason
from {{ ref('int_allocation__pod_hours') }} as held
inner join {{ ref('int_workloads__pods') }} as pods
    on held.cluster = pods.cluster and held.namespace = pods.namespace and held.pod = pods.pod
left join {{ ref('int_nodes__hourly_cost') }} as priced
    on held.cluster = priced.cluster and held.node = priced.node and held.hour = priced.hour
left join {{ ref('int_allocation__pod_costs') }} as costs
    on
        held.cluster = costs.cluster
        and held.node = costs.node
        and held.hour = costs.hour
        and held.namespace = costs.namespace
        and held.pod = costs.pod
left join traffic on pods.workload = traffic.workload and held.hour = traffic.hour
left join {{ ref('int_nodes__io_waits') }} as io_waits
    on held.cluster = io_waits.cluster and held.node = io_waits.node and held.hour = io_waits.hour
