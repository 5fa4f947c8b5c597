-- One row a billing source and unit of its GPU usage: time given in seconds or minutes and read as hours is 3,600 or 60 times too much.
with usage_rows as (
    select
        source,
        lower(pricing_unit) as unit_as_billed,
        gpu_hours,
        effective_cost,
        case
            when lower(pricing_unit) like '%second%' then 3600.0
            when lower(pricing_unit) like '%minute%' then 60.0
            else 1.0
        end as per_hour
    from {{ ref('int_billing__gpu_charges') }}
    where charge_category = 'Usage' and charge_class is null and gpu_hours > 0 and pricing_unit is not null
)

select
    source,
    source || ' ' || unit_as_billed as subject,
    any_value(per_hour) = 1 as ok,
    sum(gpu_hours) * any_value(per_hour) as console_value,
    sum(gpu_hours) as true_value,
    'GPU-hours' as unit,
    cast(sum(effective_cost) as double) as cost_at_stake,
    source
    || ' bills GPU time in '
    || unit_as_billed
    || '; read as hours it is '
    || any_value(per_hour)::integer
    || ' times too much' as detail
from usage_rows
group by source, unit_as_billed
