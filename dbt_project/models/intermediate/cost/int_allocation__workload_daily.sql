-- One row a workload, tenant, cluster, provider, day and split rule: GPU-hours and allocated cost of its pods.
with by_rule as (
    {% for rule in ['gpu_only', 'opencost', 'aws_scad'] %}
    select
        day,
        service,
        workload,
        kind,
        tenant,
        is_declared,
        cluster,
        provider,
        '{{ rule }}' as split_rule,
        is_billed,
        gpu_hours,
        gpu_hours_measured,
        gpu_hours_active,
        oversubscribed,
        {{ rule }}_cost as cost
    from {{ ref('int_allocation__pods') }}
    where gpu_hours > 0 or {{ rule }}_cost <> 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    day,
    service,
    workload,
    kind,
    tenant,
    is_declared,
    cluster,
    provider,
    split_rule,
    sum(gpu_hours) as gpu_hours_allocated,
    sum(gpu_hours_measured) as gpu_hours_measured,
    sum(gpu_hours_active) as gpu_hours_active,
    coalesce(sum(gpu_hours) filter (where not is_billed or cost is null), 0) as gpu_hours_unbilled,
    sum(cost) as allocated_cost,
    sum(cost * gpu_hours_active / nullif(gpu_hours, 0)) as used_cost,
    -- a pod without a GPU has no GPU activity: what another resource cost it stays unmeasured
    sum(cost * (1 - coalesce(gpu_hours_measured / nullif(gpu_hours, 0), 0))) as unmeasured_cost,
    bool_or(oversubscribed) as oversubscribed
from by_rule
group by all
