-- One row a charge that is GPU spend: a machine with GPUs, GPU units, on-premises; the unused part and the purchase of a commitment
-- that runs on GPUs; time, credits, taxes and corrections on such a resource. Storage, network and what is sold by the byte are not.
with charges as (
    select
        *,
        coalesce(consumed_hours, pricing_hours) as hours,
        coalesce(commitment_discount_status = 'Unused', false) as is_unused_commitment,
        coalesce(charge_category = 'Purchase' and commitment_discount_id is not null, false) as is_commitment_purchase,
        coalesce(service_category in ('Storage', 'Networking'), false) as is_other_service,
        coalesce(machine_gpus > 0 or has_gpu_unit, false) or is_on_prem as is_gpu
    from {{ ref('int_billing__classified_charges') }}
),

gpu_resources as (
    select
        source,
        resource_key,
        -- what a credit or a tax without a pricing category follows
        arg_max(mart_pricing_category, abs(effective_cost)) as usual_pricing_category
    from charges
    where
        is_gpu
        and not is_other_service
        and not is_unused_commitment
        and not is_commitment_purchase
        and resource_key is not null
    group by all
),

-- A commitment runs on GPUs when at least half of what it covered did; one that covered nothing, when its own rows name such a machine.
gpu_commitments as (
    select commitment_discount_id
    from (
        select
            commitment_discount_id,
            sum(effective_cost) filter (where commitment_discount_status = 'Used') as used_cost,
            sum(effective_cost) filter (where commitment_discount_status = 'Used' and is_gpu) as used_gpu_cost,
            coalesce(bool_or(is_gpu), false) as names_gpus
        from charges
        where commitment_discount_id is not null
        group by all
    )
    where case when used_cost > 0 then coalesce(used_gpu_cost, 0) >= 0.5 * used_cost else names_gpus end
),

gpu_charges as (
    select
        charges.*,
        audit.required_tags,
        gpu_resources.usual_pricing_category,
        (
            charges.charge_category = 'Usage'
            and charges.charge_class is null
            and not charges.is_unused_commitment
            and coalesce(charges.capacity_reservation_status, '') <> 'Unused'
            and coalesce(charges.sku_meter, '') not ilike '%EBSOptimized%'
        ) as is_running
    from charges
    cross join {{ ref('stg_declared__audit') }} as audit
    left join gpu_resources on charges.source = gpu_resources.source and charges.resource_key = gpu_resources.resource_key
    left join gpu_commitments on charges.commitment_discount_id = gpu_commitments.commitment_discount_id
    where
        case
            when charges.is_unused_commitment or charges.is_commitment_purchase
                then gpu_commitments.commitment_discount_id is not null
            when charges.is_other_service then false
            when charges.is_gpu then true
            when gpu_resources.resource_key is null then false
            else charges.charge_category <> 'Usage' or charges.charge_class = 'Correction' or charges.hours is not null
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
    case when is_unused_commitment then coalesce(commitment_discount_id, resource_id) else resource_id end as resource_id,
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
    -- a commitment's purchase is cash: its cost reaches resources through the charges that it covers
    case when is_commitment_purchase then 0 else effective_cost end as effective_cost,
    case
        when not is_running then 0
        when has_gpu_unit then hours
        else hours * machine_gpus
    end as gpu_hours,
    case
        when not is_running then null
        when machine_gpus is not null then machine_gpus
        when has_gpu_unit and period_hours > 0 then hours / period_hours
    end as gpu_count,
    case
        when len(required_tags) > 0
            then len(list_filter(required_tags, lambda wanted: coalesce(tags[wanted], '') = '')) = 0
        else coalesce(len(list_filter(map_values(tags), lambda value: coalesce(value, '') <> '')), 0) > 0
    end as tagged,
    is_final,
    tags
from gpu_charges
