-- One row a billed node and hour (cluster, node, hour): the day's effective cost, spread evenly over the hours the node existed.
with clock as (
    select unnest(range(24)) as h
),

spend as (
    select
        cluster,
        node,
        day,
        any_value(provider) as provider,
        arg_max(resource_id, effective_cost) as resource_id,
        arg_max(gpu_model, effective_cost) as gpu_model,
        max(gpu_count) as gpus_billed,
        cast(sum(effective_cost) as double) as cost,
        sum(gpu_hours) filter (where gpu_hours > 0) / nullif(max(gpu_count), 0) as hours_billed
    from {{ ref('fct_gpu_spend_daily') }}
    where node is not null and cluster is not null and not coalesce(is_unused_commitment, false)
    group by cluster, node, day
),

day_hours as (
    select
        spend.cluster,
        spend.node,
        spend.day,
        spend.provider,
        spend.resource_id,
        spend.gpu_model,
        spend.gpus_billed,
        spend.cost,
        spend.hours_billed,
        spend.day + to_hours(clock.h) as hour
    from spend
    cross join clock
),

seen as (
    select
        day_hours.cluster,
        day_hours.node,
        day_hours.day,
        day_hours.provider,
        day_hours.resource_id,
        day_hours.gpu_model,
        day_hours.gpus_billed,
        day_hours.cost,
        day_hours.hours_billed,
        day_hours.hour,
        observed.hour is not null as is_observed,
        observed.gpus_allocatable,
        observed.gpus_labelled,
        observed.gpus_seen,
        count(observed.hour) over node_day as hours_observed,
        row_number() over (
            partition by day_hours.cluster, day_hours.node, day_hours.day
            order by observed.hour is null, day_hours.hour
        ) as nth_hour
    from day_hours
    left join {{ ref('int_nodes__hours') }} as observed
        on day_hours.cluster = observed.cluster and day_hours.node = observed.node and day_hours.hour = observed.hour
    window node_day as (partition by day_hours.cluster, day_hours.node, day_hours.day)
),

-- Hours that were billed and that no metric saw are hours too: their cost must not fall on the hours that were seen.
counted as (
    select
        cluster,
        node,
        day,
        provider,
        resource_id,
        gpu_model,
        gpus_billed,
        cost,
        hour,
        is_observed,
        gpus_allocatable,
        gpus_labelled,
        gpus_seen,
        nth_hour,
        case
            when hours_observed = 0 then greatest(1, least(24, coalesce(round(hours_billed), 24)))
            else greatest(hours_observed, least(24, coalesce(round(hours_billed), hours_observed)))
        end as hours_counted
    from seen
)

select
    cluster,
    node,
    hour,
    day,
    provider,
    resource_id,
    gpu_model,
    -- allocatable counts time-slicing replicas and drops broken GPUs: it is asked last
    coalesce(greatest(coalesce(gpus_billed, gpus_labelled), gpus_seen), gpus_allocatable) as gpus,
    cost / hours_counted as cost,
    is_observed
from counted
where nth_hour <= hours_counted
