-- One row a charge that is GPU spend: a machine with GPUs, GPU units, on-premises; the unused part and the purchase of a commitment
-- that runs on GPUs; time, credits, taxes and corrections on such a resource. Storage, network and what is sold by the byte are not.
with gpu_charges as (
    select
        charges.*,
        {{ hours_in('charges.consumed_quantity', 'charges.consumed_unit') }} as consumed_hours,
        {{ hours_in('charges.pricing_quantity', 'charges.pricing_unit') }} as pricing_hours,
        audit.required_tags,
        gpu_resources.usual_pricing_category,
        (
            charges.charge_category = 'Usage'
            and charges.charge_class is null
            and not charges.is_unused_commitment
            and coalesce(charges.capacity_reservation_status, '') <> 'Unused'
            -- AWS: a capacity reservation in which no machine runs
            and not regexp_matches(coalesce(charges.sku_meter, ''), '(^|-)Unused(Box|Ded)')
            and coalesce(charges.sku_meter, '') not ilike '%EBSOptimized%'
        ) as is_running,
        date_diff('second', charges.charge_period_start, charges.charge_period_end) / 3600.0 as period_hours
    from {{ ref('int_billing__gpu_candidates') }} as charges
    cross join {{ ref('stg_declared__audit') }} as audit
    left join {{ ref('int_billing__gpu_resources') }} as gpu_resources
        on charges.source = gpu_resources.source and charges.resource_key = gpu_resources.resource_key
    left join {{ ref('int_billing__gpu_commitments') }} as gpu_commitments
        on lower(charges.commitment_discount_id) = gpu_commitments.commitment_key
    where
        case
            when charges.is_unused_commitment or charges.is_commitment_purchase
                then gpu_commitments.commitment_key is not null
            when charges.is_other_service then false
            when charges.is_gpu then true
            when gpu_resources.resource_key is null then false
            else
                charges.charge_category <> 'Usage'
                or charges.charge_class = 'Correction'
                or {{ hours_in('1', "coalesce(charges.consumed_unit, charges.pricing_unit)") }} is not null
        end
)

select
    source,
    source_uri,
    source_row,
    day,
    provider,
    billing_account_id,
    sub_account_id,
    region_id,
    case when is_unused_commitment then coalesce(commitment_discount_id, resource_id) else coalesce(resource_id, commitment_discount_id) end
        as resource_id,
    case when is_unused_commitment then null else resource_key end as resource_key,
    resource_name,
    instance_type,
    coalesce(gpu_model, {{ gpu_model_in("concat_ws(' ', sku_meter, charge_description, instance_type)") }}) as gpu_model,
    charge_category,
    charge_class,
    case
        when is_unused_commitment or is_commitment_purchase then 'committed'
        else coalesce(mart_pricing_category, usual_pricing_category, 'on_demand')
    end as pricing_category,
    commitment_discount_id,
    commitment_discount_status,
    is_unused_commitment,
    charge_category = 'Purchase' as is_purchase,
    charge_period_start,
    charge_period_end,
    period_hours,
    case when consumed_hours is not null then consumed_unit else pricing_unit end as pricing_unit,
    list_cost,
    billed_cost,
    exchange_rate,
    -- a commitment's purchase is cash: its cost reaches resources through the charges that it covers
    case when is_commitment_purchase then 0 else effective_cost end as effective_cost,
    case
        when not is_running then 0
        when has_gpu_unit then coalesce(consumed_hours, pricing_hours)
        else coalesce(consumed_hours, pricing_hours) * machine_gpus
    end as gpu_hours,
    case
        when not is_running then null
        when machine_gpus is not null then machine_gpus
        when has_gpu_unit and period_hours > 0 then coalesce(consumed_hours, pricing_hours) / period_hours
    end as gpu_count,
    case
        when len(required_tags) > 0
            then len(list_filter(required_tags, lambda wanted: coalesce(tags[wanted], '') = '')) = 0
        else coalesce(len(list_filter(map_values(tags), lambda value: coalesce(value, '') <> '')), 0) > 0
    end as tagged,
    is_final,
    tags
from gpu_charges
