-- One row a charge in the audit's currency, with the GPUs of its machine, the hours that it bills and how it was priced.
-- Rows that only take back what another row shows (SavingsPlanNegation) are left out, and covered usage is billed nothing, as in FOCUS.
{{ config(materialized='view') }}

with charges as (
    select * from {{ ref('int_billing__charges_deduplicated') }}
    where line_item_type is distinct from 'SavingsPlanNegation'
    union all by name
    select * from {{ ref('int_billing__unstated_unused_commitments') }}
),

machine_types as (
    select
        {{ machine_key('instance_type') }} as machine,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model
    from {{ ref('gpu_instance_types') }}
    group by all
)

select
    charges.* exclude (gpu_count, gpu_model, billed_cost),
    coalesce(charges.gpu_count, machine_types.gpus) as machine_gpus,
    coalesce(charges.gpu_model, machine_types.gpu_model) as gpu_model,
    case when charges.line_item_type = 'SavingsPlanCoveredUsage' then 0 else charges.billed_cost end as billed_cost,
    {{ hours_in('charges.consumed_quantity', 'charges.consumed_unit') }} as consumed_hours,
    {{ hours_in('charges.pricing_quantity', 'charges.pricing_unit') }} as pricing_hours,
    -- GPU-Hours, GPU-seconds: the quantity counts GPUs already
    case
        when charges.consumed_quantity is not null then regexp_matches(charges.consumed_unit, '(?i)^gpu')
        else regexp_matches(charges.pricing_unit, '(?i)^gpu')
    end as has_gpu_unit,
    coalesce(charges.price_class = 'on_prem', false) as is_on_prem,
    case
        when charges.price_class is not null then charges.price_class
        when charges.pricing_category = 'Committed' or charges.commitment_discount_id is not null then 'committed'
        when charges.pricing_category = 'Dynamic' then 'spot'
    end as mart_pricing_category,
    date_diff('second', charges.charge_period_start, charges.charge_period_end) / 3600.0 as period_hours
from charges
inner join {{ ref('stg_declared__audit') }} as audit on charges.billing_currency = audit.currency
left join machine_types on {{ machine_key('charges.instance_type') }} = machine_types.machine
