-- One row a billing source with GPU machines and other machines on demand: whether the discount of the others holds for the GPUs. Contracts
-- and tools discount cores and memory and leave GPUs at list; 5 points apart make an estimate with one discount wrong.
with machines as (
    select
        source,
        sum(list_cost) filter (where is_gpu) as gpu_list,
        sum(contracted_cost) filter (where is_gpu) as gpu_cost,
        1 - sum(contracted_cost) filter (where is_gpu) / sum(list_cost) filter (where is_gpu) as gpu_discount,
        1 - sum(contracted_cost) filter (where not is_gpu) / sum(list_cost) filter (where not is_gpu) as other_discount
    from {{ ref('int_billing__classified_charges') }}
    where
        charge_category = 'Usage'
        and charge_class is null
        and coalesce(mart_pricing_category, 'on_demand') = 'on_demand'
        and (is_gpu or service_category = 'Compute')
        and not is_other_service
        and list_cost > 0
        and contracted_cost is not null
    group by source
)

select
    source,
    source as subject,
    other_discount - gpu_discount <= 0.05 as ok,
    cast(gpu_list * (1 - other_discount) as double) as console_value,
    cast(gpu_cost as double) as true_value,
    'currency' as unit,
    cast(gpu_cost - gpu_list * (1 - other_discount) as double) as cost_at_stake,
    printf(
        'machines without GPUs cost %.1f %% less than list, GPUs %.1f %%; one discount for both puts GPUs too low',
        100 * other_discount, 100 * gpu_discount
    ) as detail
from machines
where gpu_discount is not null and other_discount is not null
