-- One row a workload: every declared one, and every undeclared one that held a GPU.
with seen as (
    select count(*) > 0 as any_pod_seen
    from {{ ref('int_workloads__pods') }}
),

gpu_metrics as (
    select count(*) > 0 as any_gpu_seen
    from {{ ref('int_gpus__hourly') }}
),

bill as (
    select count(*) > 0 as any_node_billed
    from {{ ref('int_nodes__hourly_cost') }}
),

-- A pod that only waits is listed, and does not run.
pods_running as (
    select
        pods.workload,
        bool_or(coalesce(hours.running_share, 1) > 0 and hours.node is not null) as runs
    from {{ ref('int_workloads__pods') }} as pods
    inner join {{ ref('stg_metrics__pod_hourly') }} as hours
        on pods.cluster = hours.cluster and pods.namespace = coalesce(hours.namespace, '') and pods.pod = hours.pod
    group by all
),

-- A pod without a word from Kubernetes runs when it is on a GPU or exports metrics.
pods_exporting as (
    select distinct pods.workload
    from {{ ref('int_workloads__pods') }} as pods
    anti join {{ ref('stg_metrics__pod_hourly') }} as hours
        on pods.cluster = hours.cluster and pods.namespace = coalesce(hours.namespace, '') and pods.pod = hours.pod
),

signs as (
    select
        workload,
        runs
    from pods_running
    union all
    select
        workload,
        true as runs
    from pods_exporting
),

running as (
    select
        workload,
        bool_or(runs) as runs
    from signs
    group by all
),

held as (
    select
        workload,
        sum(gpu_hours) as gpu_hours,
        sum(gpu_hours_measured) as gpu_hours_measured
    from {{ ref('int_allocation__pods') }}
    group by all
),

-- Nodes with spend that nobody can attribute: it may be anyone's who ran there.
unknown_nodes as (
    select distinct
        cluster,
        node
    from {{ ref('int_allocation__node_rests') }}
    where split_rule = 'gpu_only' and unattributed_cost > 0
),

doubtful as (
    select distinct pods.workload
    from {{ ref('int_allocation__pods') }} as pods
    inner join unknown_nodes on pods.cluster = unknown_nodes.cluster and pods.node = unknown_nodes.node
),

costs as (
    select
        workload,
        count(coalesce(allocated_cost, token_cost)) > 0 as has_bill
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
    group by all
),

units as (
    select distinct workload
    from {{ ref('int_units__daily') }}
),

everyone as (
    select
        service,
        workload,
        true as declared,
        cardinality(billing_tags) > 0 and namespace is null and cardinality(labels) = 0 as bought_by_token
    from {{ ref('stg_declared__workloads') }}
    union all
    select distinct
        null as service,
        workload,
        false as declared,
        false as bought_by_token
    from {{ ref('int_allocation__pods') }}
    where not is_declared and gpu_hours > 0
),

facts as (
    select
        everyone.service,
        everyone.workload,
        everyone.declared,
        everyone.bought_by_token,
        case
            when everyone.bought_by_token then null
            when seen.any_pod_seen then coalesce(running.runs, false)
        end as running,
        -- Not billed is a finding: it takes a bill that finds its nodes, and pods that are known to be on some node or nowhere.
        case
            when costs.has_bill then true
            when everyone.bought_by_token then false
            when doubtful.workload is not null then null
            when bill.any_node_billed and seen.any_pod_seen and (held.workload is not null or not coalesce(running.runs, false)) then false
        end as billed,
        case
            when everyone.bought_by_token then null
            when gpu_metrics.any_gpu_seen or seen.any_pod_seen then coalesce(held.gpu_hours_measured > 0, false)
        end as measured,
        case when seen.any_pod_seen or units.workload is not null then units.workload is not null end as units_measured,
        coalesce(held.gpu_hours, 0) as gpu_hours
    from everyone
    cross join seen
    cross join gpu_metrics
    cross join bill
    left join running on everyone.workload = running.workload
    left join held on everyone.workload = held.workload
    left join doubtful on everyone.workload = doubtful.workload
    left join costs on everyone.workload = costs.workload
    left join units on everyone.workload = units.workload
)

select
    service,
    workload,
    declared,
    running,
    billed,
    measured,
    units_measured,
    case
        when not declared then 'undeclared'
        when bought_by_token and billed then 'verified'
        when bought_by_token then 'not_billed'
        when not running then 'not_running'
        when running and not billed then 'not_billed'
        when running and not measured then 'unmeasured'
        when running and billed and measured then 'verified'
    end as verdict,
    gpu_hours
from facts
