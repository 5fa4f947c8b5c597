-- One row a day, workload, tenant and split rule.
with split_rules as (
    select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule
),

workloads as (
    select
        day,
        service,
        workload,
        kind,
        tenant,
        split_rule,
        string_agg(distinct cluster, ', ' order by cluster) as cluster,
        sum(gpu_hours_allocated) as gpu_hours_allocated,
        sum(gpu_hours_measured) as gpu_hours_measured,
        sum(gpu_hours_unbilled) as gpu_hours_unbilled,
        sum(gpu_hours_active) as gpu_hours_active,
        sum(allocated_cost) as allocated_cost,
        sum(used_cost) as used_cost,
        sum(unmeasured_cost) as unmeasured_cost,
        max(unattributed_share) as unattributed_share,
        bool_or(oversubscribed) as oversubscribed,
        -- what is lost in float sums is no GPU-hour
        sum(gpu_hours_allocated) - sum(gpu_hours_measured) < 1e-6 and abs(coalesce(sum(unmeasured_cost), 0)) < 1e-6 as is_measured
    from {{ ref('int_allocation__workload_daily') }}
    group by all
),

shared as (
    select
        day,
        workload,
        tenant,
        split_rule,
        sum(shared_cost) as shared_cost
    from {{ ref('int_allocation__shared_daily') }}
    group by all
),

everyone as (
    select
        workloads.day,
        workloads.service,
        workloads.workload,
        workloads.kind,
        workloads.tenant,
        workloads.cluster,
        workloads.split_rule,
        workloads.gpu_hours_allocated,
        workloads.gpu_hours_measured,
        workloads.gpu_hours_unbilled,
        case when workloads.is_measured then workloads.gpu_hours_active end as gpu_hours_active,
        workloads.allocated_cost,
        case when workloads.is_measured and workloads.allocated_cost is not null then coalesce(workloads.used_cost, 0) end as used_cost,
        workloads.unmeasured_cost,
        coalesce(shared.shared_cost, 0) as shared_cost,
        null::double as token_cost,
        workloads.unattributed_share,
        workloads.oversubscribed
    from workloads
    left join shared
        on
            workloads.day = shared.day
            and workloads.workload = shared.workload
            and workloads.tenant = shared.tenant
            and workloads.split_rule = shared.split_rule
    union all
    select
        day,
        null as service,
        '__unattributed__' as workload,
        null as kind,
        '' as tenant,
        string_agg(distinct cluster, ', ' order by cluster) as cluster,
        split_rule,
        null as gpu_hours_allocated,
        null as gpu_hours_measured,
        null as gpu_hours_unbilled,
        null as gpu_hours_active,
        sum(allocated_cost) as allocated_cost,
        null as used_cost,
        sum(allocated_cost) as unmeasured_cost,
        0 as shared_cost,
        null as token_cost,
        null as unattributed_share,
        false as oversubscribed
    from {{ ref('int_allocation__unattributed_daily') }}
    group by day, split_rule
    union all
    select
        bills.day,
        bills.service,
        bills.workload,
        bills.kind,
        '' as tenant,
        null as cluster,
        rules.split_rule,
        null as gpu_hours_allocated,
        null as gpu_hours_measured,
        null as gpu_hours_unbilled,
        null as gpu_hours_active,
        null as allocated_cost,
        null as used_cost,
        null as unmeasured_cost,
        0 as shared_cost,
        bills.cost as token_cost,
        null as unattributed_share,
        false as oversubscribed
    from {{ ref('int_workloads__token_bills') }} as bills
    cross join split_rules as rules
),

-- A workload may hold GPUs and buy tokens on the same day.
summed as (
    select
        day,
        service,
        workload,
        kind,
        tenant,
        split_rule,
        any_value(cluster) as cluster,
        sum(gpu_hours_allocated) as gpu_hours_allocated,
        sum(gpu_hours_active) as gpu_hours_active,
        cast(sum(allocated_cost) as decimal(18, 6)) as allocated_cost,
        cast(sum(used_cost) as decimal(18, 6)) as used_cost,
        cast(sum(shared_cost) as decimal(18, 6)) as shared_cost,
        cast(sum(unmeasured_cost) as decimal(18, 6)) as unmeasured_cost,
        cast(sum(token_cost) as decimal(18, 6)) as token_cost,
        sum(gpu_hours_measured) as gpu_hours_measured,
        sum(gpu_hours_unbilled) as gpu_hours_unbilled,
        max(unattributed_share) as unattributed_share,
        bool_or(oversubscribed) as oversubscribed
    from everyone
    group by day, service, workload, kind, tenant, split_rule
)

select
    day,
    service,
    workload,
    kind,
    tenant,
    cluster,
    split_rule,
    gpu_hours_allocated,
    gpu_hours_active,
    allocated_cost,
    used_cost,
    allocated_cost - used_cost as allocated_idle_cost,
    shared_cost,
    allocated_cost + shared_cost as total_cost,
    unmeasured_cost,
    token_cost,
    gpu_hours_measured,
    gpu_hours_unbilled,
    unattributed_share,
    oversubscribed
from summed
