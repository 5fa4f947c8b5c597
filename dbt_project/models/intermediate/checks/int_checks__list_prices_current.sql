-- One row a GPU price: whether it is one price. The list price of one SKU may change in the window (first against last day), and a price of
-- audit.yaml may differ from what the last day was charged, listed or amortised. 10 % apart make an estimate stale.
with charges as (
    select
        charges.source,
        charges.day,
        charges.region_id,
        charges.instance_type,
        charges.sku_meter,
        charges.sku_id,
        charges.list_cost,
        charges.effective_cost,
        {{ hours_in('charges.pricing_quantity', 'charges.pricing_unit') }} as hours
    from {{ ref('int_billing__gpu_candidates') }} as charges
    where
        charges.is_gpu
        and charges.charge_category = 'Usage'
        and charges.charge_class is null
        and charges.list_cost > 0
        and charges.instance_type is not null
        and not charges.is_unused_commitment
),

days as (
    select
        source,
        concat_ws(' ', instance_type, 'in', coalesce(region_id, 'unknown region')) as machine,
        any_value(instance_type) as instance_type,
        sku_meter,
        sku_id,
        day,
        cast(sum(list_cost) as double) as list_cost,
        cast(sum(list_cost) / sum(hours) as double) as list_rate,
        cast(sum(effective_cost) / sum(hours) as double) as effective_rate,
        sum(hours) as hours
    from charges
    where hours > 0
    group by source, machine, sku_meter, sku_id, day
),

skus as (
    select
        source,
        machine,
        any_value(instance_type) as instance_type,
        sku_meter,
        sku_id,
        min(day) as first_day,
        max(day) as last_day,
        arg_min(list_rate, day) as first_rate,
        arg_max(list_rate, day) as last_rate,
        arg_max(effective_rate, day) as last_effective_rate,
        sum(hours) as hours,
        sum(list_cost) as list_cost
    from days
    group by source, machine, sku_meter, sku_id
),

declared as (
    select
        skus.source,
        prices.item,
        any_value(prices.usd_per_hour) as declared_rate,
        arg_max(skus.last_rate, skus.last_day) as last_rate,
        max(skus.last_day) as last_day,
        sum(skus.hours) as hours,
        bool_or(
            abs(prices.usd_per_hour - skus.last_rate) <= 0.1 * skus.last_rate
            or abs(prices.usd_per_hour - skus.last_effective_rate) <= 0.1 * skus.last_effective_rate
        ) as is_near
    from skus
    inner join {{ ref('stg_declared__prices') }} as prices
        on {{ machine_key('skus.instance_type') }} = {{ machine_key('prices.item') }}
    group by skus.source, prices.item
)

select
    source,
    concat_ws(' ', machine, sku_meter, sku_id) as subject,
    abs(first_rate - last_rate) <= 0.1 * first_rate as ok,
    first_rate as console_value,
    last_rate as true_value,
    'currency an hour' as unit,
    abs(first_rate * hours - list_cost) as cost_at_stake,
    printf('%s listed at %.4f an hour on %s and at %.4f on %s', machine, first_rate, first_day, last_rate, last_day) as detail
from skus
union all
select
    source,
    item as subject,
    is_near as ok,
    declared_rate as console_value,
    last_rate as true_value,
    'currency an hour' as unit,
    abs(declared_rate - last_rate) * hours as cost_at_stake,
    printf('audit.yaml prices %s at %.4f an hour, the bill lists it at %.4f on %s', item, declared_rate, last_rate, last_day) as detail
from declared
