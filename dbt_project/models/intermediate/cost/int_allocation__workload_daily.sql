-- One row a workload, tenant, cluster, provider, day and split rule: GPU-hours and allocated cost of its pods.
with unknown_parts as (
    select
        rests.cluster,
        rests.node,
        rests.day,
        rests.split_rule,
        sum(rests.unattributed_cost) / nullif(sum(priced.cost), 0) as unattributed_share
    from {{ ref('int_allocation__node_rests') }} as rests
    inner join {{ ref('int_nodes__hourly_cost') }} as priced
        on rests.cluster = priced.cluster and rests.node = priced.node and rests.hour = priced.hour
    group by all
),

by_rule as (
    {% for rule in ['gpu_only', 'opencost', 'aws_scad'] %}
        select
            day,
            service,
            workload,
            kind,
            tenant,
            is_declared,
            cluster,
            node,
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
    by_rule.day,
    by_rule.service,
    by_rule.workload,
    by_rule.kind,
    by_rule.tenant,
    by_rule.is_declared,
    by_rule.cluster,
    by_rule.provider,
    by_rule.split_rule,
    sum(by_rule.gpu_hours) as gpu_hours_allocated,
    sum(by_rule.gpu_hours_measured) as gpu_hours_measured,
    sum(by_rule.gpu_hours_active) as gpu_hours_active,
    coalesce(sum(by_rule.gpu_hours) filter (where not by_rule.is_billed or by_rule.cost is null), 0) as gpu_hours_unbilled,
    sum(by_rule.cost) as allocated_cost,
    sum(by_rule.cost * by_rule.gpu_hours_active / nullif(by_rule.gpu_hours, 0)) as used_cost,
    -- a pod without a GPU has no GPU activity: what another resource cost it stays unmeasured
    sum(by_rule.cost * (1 - coalesce(by_rule.gpu_hours_measured / nullif(by_rule.gpu_hours, 0), 0))) as unmeasured_cost,
    coalesce(max(unknown_parts.unattributed_share), 0) as unattributed_share,
    bool_or(by_rule.oversubscribed) as oversubscribed
from by_rule
left join unknown_parts
    on
        by_rule.cluster = unknown_parts.cluster
        and by_rule.node = unknown_parts.node
        and by_rule.day = unknown_parts.day
        and by_rule.split_rule = unknown_parts.split_rule
group by all
