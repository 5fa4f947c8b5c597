-- One row a charge type that speaks of a GPU and is not counted as GPU spend, and one a billing source that was searched.
select
    coalesce(provider, 'unknown provider') as source,
    coalesce(instance_type, sku_meter, sku_id, 'no SKU') as subject,
    false as ok,
    cast(null as double) as console_value,
    cast(sum(effective_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(effective_cost) as double) as cost_at_stake,
    sum(rows) || ' charges name ' || coalesce(any_value(gpu_model order by gpu_model), 'a GPU')
    || ' and are counted nowhere; say under machines in audit.yaml how many it has' as detail
from {{ ref('int_billing__unknown_gpu_skus') }}
group by 1, 2
union all
select distinct
    source,
    source as subject,
    true as ok,
    cast(null as double) as console_value,
    cast(null as double) as true_value,
    'currency' as unit,
    cast(null as double) as cost_at_stake,
    'searched' as detail
from {{ ref('int_billing__charges_deduplicated') }}
