-- One row a resource id as a bill writes it (source, resource_id) with a charge that may be GPU spend, or another spelling of such an id.
-- A null id stands for charges without a resource. A bill has few of them: what is GPU spend is decided on their charges alone.
with candidates as (
    select distinct
        source,
        resource_id
    from {{ ref('stg_billing__charges') }}
    where
        instance_type in (
            select instance_type from {{ ref('int_billing__machine_types') }}
            where coalesce(declared_gpus, gpus) > 0
        )
        or gpu_count > 0
        or starts_with(lower(consumed_unit), 'gpu')
        or starts_with(lower(pricing_unit), 'gpu')
        or price_class = 'on_prem'
        or commitment_discount_status = 'Unused'
        or (charge_category = 'Purchase' and commitment_discount_id is not null)
        -- int_billing__unstated_unused_commitments
        or line_item_type = 'SavingsPlanRecurringFee'
),

billed as (
    select distinct
        source,
        resource_id
    from {{ ref('stg_billing__charges') }}
)

select
    billed.source,
    billed.resource_id
from billed
semi join candidates
    on
        billed.source = candidates.source
        and {{ resource_key('billed.resource_id') }} is not distinct from {{ resource_key('candidates.resource_id') }}
