-- One row a billing source, region and machine type bought as spot: what spot saved against list.
with spot as (
    select
        source,
        region_id,
        instance_type,
        cast(sum(list_cost) as double) as list_cost,
        cast(sum(effective_cost) as double) as effective_cost
    from {{ ref('int_billing__gpu_charges') }}
    where pricing_category = 'spot' and charge_category = 'Usage' and list_cost > 0
    group by all
)

select
    source,
    concat_ws(' ', coalesce(instance_type, 'spot'), 'in', coalesce(region_id, 'unknown region')) as subject,
    effective_cost < 0.95 * list_cost as ok,
    list_cost as console_value,
    effective_cost as true_value,
    'currency' as unit,
    effective_cost as cost_at_stake,
    'spot saved ' || printf('%.1f', 100 * (1 - effective_cost / list_cost)) || ' % against list' as detail
from spot
