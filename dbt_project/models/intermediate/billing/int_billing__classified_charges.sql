-- One row a charge in the audit's currency, with what it says about GPUs: the machine type's, or GPU units of its own.
with charges as (
    select charges.*
    from {{ ref('int_billing__charges_deduplicated') }} as charges
    cross join {{ ref('stg_declared__audit') }} as audit
    where charges.billing_currency = audit.currency
),

machine_types as (
    select
        lower(instance_type) as instance_type,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model
    from {{ ref('gpu_instance_types') }}
    group by all
),

described as (
    select
        charges.* exclude (gpu_count, gpu_model),
        coalesce(charges.gpu_count, machine_types.gpus) as machine_gpus,
        concat_ws(' ', charges.sku_meter, charges.charge_description, charges.instance_type) as words,
        coalesce(charges.gpu_model, machine_types.gpu_model, {{ gpu_model_in("words") }}) as gpu_model,
        lower(coalesce(charges.pricing_unit, charges.consumed_unit)) as unit,
        coalesce(charges.pricing_quantity, charges.consumed_quantity) as quantity,
        date_diff('second', charges.charge_period_start, charges.charge_period_end) / 3600.0 as period_hours
    from charges
    left join machine_types on lower(charges.instance_type) = machine_types.instance_type
)

select
    *,
    unit like 'gpu%' as has_gpu_unit,
    coalesce(price_class = 'on_prem', false) as is_on_prem,
    coalesce(
        price_class,
        case
            when pricing_category = 'Committed' or commitment_discount_status is not null then 'committed'
            when pricing_category = 'Dynamic' then 'spot'
            else 'on_demand'
        end
    ) as mart_pricing_category
from described
