-- One row a machine type or SKU whose name or description speaks of a GPU and that is not counted as GPU spend: listed, never dropped.
select
    provider,
    instance_type,
    sku_id,
    sku_meter,
    gpu_model,
    count(*) as rows,
    sum(effective_cost) as effective_cost
from {{ ref('int_billing__classified_charges') }}
where
    machine_gpus is null
    and not has_gpu_unit
    and not is_on_prem
    and (
        gpu_model is not null
        or regexp_matches(concat_ws(' ', sku_meter, charge_description, instance_type), '(?i)\b(gpu|nvidia|accelerator)\b')
    )
group by all
