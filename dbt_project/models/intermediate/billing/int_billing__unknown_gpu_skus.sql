-- One row a SKU of a source that speaks of a GPU, or a machine whose price is declared, and that is not counted as GPU spend because
-- how many GPUs it has is not known: listed, never dropped.
with others as (
    select
        charges.source,
        charges.provider,
        charges.instance_type,
        charges.sku_id,
        charges.sku_meter,
        min(charges.charge_description) as charge_description,
        count(*) as rows,
        sum(charges.billed_cost) as billed_cost,
        sum(charges.effective_cost) as effective_cost
    from {{ ref('int_billing__classified_charges') }} as charges
    anti join {{ ref('int_billing__gpu_charges') }} as gpu_charges
        on
            charges.source = gpu_charges.source
            and charges.source_uri = gpu_charges.source_uri
            and charges.source_row = gpu_charges.source_row
    where
        charges.machine_gpus is null
        and not charges.is_unused_commitment
        and not charges.is_commitment_purchase
    group by all
),

described as (
    select
        others.*,
        {{ gpu_model_in("concat_ws(' ', others.sku_meter, others.charge_description, others.instance_type)") }} as gpu_model,
        regexp_matches(
            concat_ws(' ', others.sku_meter, others.charge_description, others.instance_type), '(?i)\b(gpu|nvidia|accelerator)\b'
        )
        -- Azure's families of GPU machines are NC, ND, NG and NV
        or coalesce(others.provider = 'azure' and regexp_matches(others.instance_type, '(?i)^(standard_)?n[cdgv]c?\d'), false)
            as speaks_of_gpus,
        prices.item is not null as has_declared_price
    from others
    left join {{ ref('stg_declared__prices') }} as prices on lower(others.instance_type) = lower(prices.item)
)

select
    source,
    provider,
    instance_type,
    sku_id,
    sku_meter,
    charge_description,
    gpu_model,
    case
        when has_declared_price then 'its price is declared, but neither the bill nor the table of machine types says how many GPUs it has'
        when instance_type is null then 'it speaks of a GPU, but the bill does not name a machine type'
        else 'it speaks of a GPU, but its machine type is not known'
    end as reason,
    rows,
    billed_cost,
    effective_cost
from described
where gpu_model is not null or speaks_of_gpus or has_declared_price
