-- One row a day, node (or commitment), reason and split rule.
with split_rules as (
    select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule
),

by_rule as (
    {% for rule in ['gpu_only', 'opencost', 'aws_scad'] %}
        select
            day,
            cluster,
            node,
            gpu_model,
            '{{ rule }}' as split_rule,
            idle_reason,
            gpu_hours,
            gpu_hours_measured,
            gpu_hours_active,
            {{ rule }}_cost as cost
        from {{ ref('int_allocation__pods') }}
        where {{ rule }}_cost <> 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

idle as (
    select
        day,
        cluster,
        node,
        null as resource_id,
        gpu_model,
        split_rule,
        'allocated' as idle_class,
        idle_reason as reason,
        gpu_hours_measured - gpu_hours_active as gpu_hours,
        cost * (gpu_hours_measured - gpu_hours_active) / nullif(gpu_hours, 0) as cost
    from by_rule
    where gpu_hours_measured > 0
    union all
    select
        day,
        cluster,
        node,
        null as resource_id,
        gpu_model,
        split_rule,
        'unmeasured' as idle_class,
        'unmeasured' as reason,
        gpu_hours - gpu_hours_measured as gpu_hours,
        cost * (1 - coalesce(gpu_hours_measured / nullif(gpu_hours, 0), 0)) as cost
    from by_rule
    where gpu_hours - gpu_hours_measured > 1e-9 or gpu_hours = 0
    union all
    select
        day,
        cluster,
        node,
        null as resource_id,
        gpu_model,
        split_rule,
        'unallocated' as idle_class,
        case when is_cordoned then 'unallocated_cordoned' else 'unallocated_no_pod' end as reason,
        gpu_hours_free as gpu_hours,
        unallocated_cost as cost
    from {{ ref('int_allocation__node_rests') }}
    -- a float's rounding is no idle capacity
    where abs(unallocated_cost) > 1e-9
    union all
    select
        spend.day,
        null as cluster,
        null as node,
        spend.resource_id,
        spend.gpu_model,
        rules.split_rule,
        'commitment' as idle_class,
        'commitment_unused' as reason,
        spend.gpu_hours,
        cast(spend.effective_cost as double) as cost
    from {{ ref('fct_gpu_spend_daily') }} as spend
    cross join split_rules as rules
    where spend.is_unused_commitment
)

select
    day,
    cluster,
    node,
    resource_id,
    string_agg(distinct gpu_model, ', ' order by gpu_model) as gpu_model,
    split_rule,
    idle_class,
    reason,
    sum(gpu_hours) as gpu_hours,
    cast(sum(cost) as decimal(18, 6)) as cost
from idle
group by day, cluster, node, resource_id, split_rule, idle_class, reason
