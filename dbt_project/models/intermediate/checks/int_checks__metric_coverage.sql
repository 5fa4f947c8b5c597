-- One row a billed GPU node: the share of its billed hours with GPU metrics, among the hours in which its cluster had any. A resource on
-- the bill that no metric knows counts too, when others of its account and region are known.
with hours as (
    select distinct
        cluster,
        node,
        hour
    from {{ ref('int_gpus__hourly') }}
),

cluster_hours as (
    select distinct
        cluster,
        hour
    from hours
),

nodes as (
    select
        billed.cluster,
        billed.node,
        count(*) as hours_billed,
        count(hours.hour) as hours_measured,
        sum(billed.cost) filter (where hours.hour is null) as unmeasured_cost
    from {{ ref('int_nodes__hourly_cost') }} as billed
    inner join cluster_hours
        on billed.cluster = cluster_hours.cluster and billed.hour = cluster_hours.hour
    left join hours
        on billed.cluster = hours.cluster and billed.node = hours.node and billed.hour = hours.hour
    group by all
),

known_places as (
    select distinct
        provider,
        account,
        region
    from {{ ref('fct_gpu_spend_daily') }}
    where node is not null and cluster is not null
),

strangers as (
    select
        spend.provider,
        spend.resource_id,
        sum(spend.gpu_hours) as gpu_hours,
        cast(sum(spend.effective_cost) as double) as cost
    from {{ ref('fct_gpu_spend_daily') }} as spend
    inner join known_places
        on
            spend.provider is not distinct from known_places.provider
            and spend.account is not distinct from known_places.account
            and spend.region is not distinct from known_places.region
    where (spend.node is null or spend.cluster is null) and spend.charge_category = 'Usage' and spend.gpu_hours > 0
    group by all
)

select
    cluster as source,
    node as subject,
    hours_measured >= 0.9 * hours_billed as ok,
    case when hours_measured = 0 then 0.0 end as console_value,
    cast(null as double) as true_value,
    'share' as unit,
    unmeasured_cost as cost_at_stake,
    printf(
        '%s was billed for %d hours and measured in %d; a missing series reads as 0 %% utilisation',
        node, hours_billed, hours_measured
    ) as detail
from nodes
union all
select
    provider as source,
    coalesce(resource_id, 'no resource id') as subject,
    false as ok,
    0.0 as console_value,
    cast(null as double) as true_value,
    'share' as unit,
    cost as cost_at_stake,
    printf('%s was billed for %.0f GPU-hours and no metric knows it', coalesce(resource_id, 'a resource without id'), gpu_hours) as detail
from strangers
where exists (select 1 from cluster_hours)
