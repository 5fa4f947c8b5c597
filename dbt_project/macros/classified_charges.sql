{# One row a charge in the audit's currency, with the GPUs of its machine and how it was priced. `charges`: a relation of deduplicated ones.
   Rows that only take back what another row shows (SavingsPlanNegation) are left out, and covered usage is billed nothing, as in FOCUS. #}
{% macro classified_charges(charges) %}
with charges as (
    select charges.*
    from {{ charges }} as charges
    where charges.line_item_type is distinct from 'SavingsPlanNegation'
    union all by name
    select * from {{ ref('int_billing__unstated_unused_commitments') }}
),

described as (
    select
        charges.* exclude (gpu_count, gpu_model, billed_cost),
        coalesce(machine_types.declared_gpus, charges.gpu_count, machine_types.gpus) as machine_gpus,
        coalesce(machine_types.declared_gpu_model, charges.gpu_model, machine_types.gpu_model) as gpu_model,
        case when charges.line_item_type = 'SavingsPlanCoveredUsage' then 0 else charges.billed_cost end as billed_cost,
        -- GPU-Hours, GPU-seconds: the quantity counts GPUs already
        case
            when charges.consumed_quantity is not null then starts_with(lower(charges.consumed_unit), 'gpu')
            else starts_with(lower(charges.pricing_unit), 'gpu')
        end as has_gpu_unit,
        coalesce(charges.price_class = 'on_prem', false) as is_on_prem,
        coalesce(charges.commitment_discount_status = 'Unused', false) as is_unused_commitment,
        coalesce(charges.charge_category = 'Purchase' and charges.commitment_discount_id is not null, false) as is_commitment_purchase,
        coalesce(charges.service_category in ('Storage', 'Networking'), false) as is_other_service
    from charges
    inner join {{ ref('stg_declared__audit') }} as audit on charges.billing_currency = audit.currency
    left join {{ ref('int_billing__machine_types') }} as machine_types on charges.instance_type = machine_types.instance_type
)

select
    *,
    coalesce(machine_gpus > 0 or has_gpu_unit, false) or is_on_prem as is_gpu,
    case
        when price_class is not null then price_class
        when pricing_category = 'Committed' or commitment_discount_id is not null then 'committed'
        when pricing_category = 'Dynamic' then 'spot'
    end as mart_pricing_category
from described
{% endmacro %}
