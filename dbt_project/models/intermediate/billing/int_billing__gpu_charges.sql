-- One row a charge that is GPU spend: a GPU machine, GPU units, on-prem, the unused part or the purchase of a commitment that covers
-- GPU machines, and credits, taxes and corrections on such a resource.
with charges as (
    select * from {{ ref('int_billing__classified_charges') }}
),

gpu_resources as (
    select distinct
        source,
        resource_key
    from charges
    where resource_key is not null and (machine_gpus > 0 or has_gpu_unit or is_on_prem)
),

gpu_commitments as (
    select distinct commitment_discount_id
    from charges
    where commitment_discount_id is not null and (machine_gpus > 0 or has_gpu_unit)
),

gpu_charges as (
    select
        charges.*,
        audit.required_tags,
        coalesce(charges.commitment_discount_status = 'Unused', false) as is_unused_commitment,
        charges.charge_category = 'Purchase' as is_purchase
    from charges
    cross join {{ ref('stg_declared__audit') }} as audit
    left join gpu_resources using (source, resource_key)
    left join gpu_commitments using (commitment_discount_id)
    where
        charges.machine_gpus > 0
        or charges.has_gpu_unit
        or charges.is_on_prem
        or gpu_resources.resource_key is not null
        or gpu_commitments.commitment_discount_id is not null
),

hours as (
    select
        *,
        charge_category = 'Usage' and charge_class is null and not is_unused_commitment as is_running,
        case
            when unit like 'gpu%second%' then quantity / 3600.0
            when unit like 'gpu%minute%' then quantity / 60.0
            when unit like 'gpu%h%' then quantity
            when unit like '%second%' then quantity / 3600.0 * machine_gpus
            when unit in ('hours', 'hour', 'hrs', 'hr', 'h', '1 hour') then quantity * machine_gpus
            else period_hours * machine_gpus
        end as quantity_gpu_hours
    from gpu_charges
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
    gpu_model,
    charge_category,
    charge_class,
    case
        when is_unused_commitment or (is_purchase and commitment_discount_id is not null) then 'committed'
        else mart_pricing_category
    end as pricing_category,
    commitment_discount_id,
    commitment_discount_status,
    is_unused_commitment,
    is_purchase,
    charge_period_start,
    charge_period_end,
    period_hours,
    pricing_unit,
    list_cost,
    billed_cost,
    -- a purchase is cash: its cost reaches resources through the charges that it covers
    case when is_purchase then 0 else effective_cost end as effective_cost,
    case when is_running then quantity_gpu_hours else 0 end as gpu_hours,
    case
        when not is_running then null
        when machine_gpus is not null then machine_gpus
        when period_hours > 0 then quantity_gpu_hours / period_hours
    end as gpu_count,
    case
        when len(required_tags) = 0
            then coalesce(len(list_filter(map_values(tags), lambda value: coalesce(value, '') <> '')), 0) > 0
        else len(list_filter(required_tags, lambda wanted: coalesce(tags[wanted], '') = '')) = 0
    end as tagged,
    is_final,
    tags
from hours
