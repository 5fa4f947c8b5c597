-- One row a day, resource, pricing category and charge category.
with node_keys as (
    select distinct
        lower(resource_id) as resource_key,
        node,
        cluster
    from {{ ref('stg_metrics__node_hourly') }}
    where resource_id is not null
    union
    select distinct
        lower(node) as resource_key,
        node,
        cluster
    from {{ ref('stg_metrics__node_hourly') }}
),

-- a name that two clusters use names no cluster
nodes as (
    select
        resource_key,
        min(node) as node,
        case when min(cluster) = max(cluster) then min(cluster) end as cluster
    from node_keys
    group by all
),

daily as (
    select
        day,
        provider,
        sub_account_id as account,
        region_id as region,
        resource_id,
        resource_key,
        max(resource_name) as resource_name,
        max(instance_type) as instance_type,
        max(gpu_model) as gpu_model,
        pricing_category,
        charge_category,
        is_unused_commitment,
        sum(list_cost) as list_cost,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        coalesce(sum(effective_cost) filter (where exchange_rate is not null), 0) as converted_cost,
        max(gpu_count) as gpu_count,
        sum(gpu_hours) as gpu_hours,
        bool_and(tagged) as tagged,
        coalesce(sum(effective_cost) filter (where not tagged), 0) as untagged_cost,
        bool_and(is_final) as is_final
    from {{ ref('int_billing__gpu_charges') }}
    group by all
)

select
    daily.day,
    daily.provider,
    daily.account,
    daily.region,
    daily.resource_id,
    coalesce(
        by_id.node,
        by_name.node,
        case when daily.pricing_category = 'on_prem' then coalesce(daily.resource_name, daily.resource_id) end
    ) as node,
    coalesce(by_id.cluster, by_name.cluster) as cluster,
    daily.instance_type,
    daily.gpu_model,
    daily.pricing_category,
    daily.charge_category,
    daily.is_unused_commitment,
    daily.list_cost::decimal(18, 6) as list_cost,
    daily.billed_cost::decimal(18, 6) as billed_cost,
    daily.effective_cost::decimal(18, 6) as effective_cost,
    daily.converted_cost::decimal(18, 6) as converted_cost,
    daily.gpu_count::double as gpu_count,
    daily.gpu_hours::double as gpu_hours,
    daily.tagged,
    daily.untagged_cost::decimal(18, 6) as untagged_cost,
    daily.is_final
from daily
left join nodes as by_id on daily.resource_key = by_id.resource_key
left join nodes as by_name on lower(daily.resource_name) = by_name.resource_key and not daily.is_unused_commitment
