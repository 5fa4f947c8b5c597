-- One row a workload and counter: whether the highest minus the lowest value is what was counted. A restart sets a counter to zero, and
-- then it is not. Values around a restart are rebuilt from the increases of five minutes.
with restarted as (
    select
        series_id,
        string_agg(distinct cast(bucket_start as date)::varchar, ', ' order by cast(bucket_start as date)::varchar) as days
    from {{ ref('stg_metrics__counter_5m') }}
    where resets > 0
    group by series_id
),

first_values as (
    select
        series_id,
        arg_min(first_value, first_ts) as first_value
    from {{ ref('stg_metrics__series') }}
    where series_id in (select restarted.series_id from restarted)
    group by series_id
),

segments as (
    select
        counters.series_id,
        counters.bucket_start,
        counters.increase,
        sum(counters.resets) over (partition by counters.series_id order by counters.bucket_start) as restarts
    from {{ ref('stg_metrics__counter_5m') }} as counters
    where counters.series_id in (select restarted.series_id from restarted)
),

levels as (
    select
        segments.series_id,
        segments.increase,
        segments.restarts,
        case when segments.restarts = 0 then first_values.first_value else 0 end
        + sum(segments.increase) over (partition by segments.series_id, segments.restarts order by segments.bucket_start) as level
    from segments
    inner join first_values
        on segments.series_id = first_values.series_id
),

spans as (
    select
        levels.series_id,
        greatest(max(levels.level), any_value(first_values.first_value))
        - least(min(levels.level), any_value(first_values.first_value)) as span,
        sum(levels.increase) as increase
    from levels
    inner join first_values
        on levels.series_id = first_values.series_id
    group by levels.series_id
),

series as (
    select distinct
        counters.series_id,
        counters.cluster,
        counters.metric,
        counters.namespace,
        counters.pod
    from {{ ref('stg_metrics__counter_5m') }} as counters
),

described as (
    select
        series.cluster,
        series.metric,
        coalesce(pods.workload, series.namespace || '/' || series.pod, series.cluster) as workload,
        series.pod,
        restarted.days,
        spans.span,
        spans.increase
    from series
    left join {{ ref('int_workloads__pods') }} as pods
        on series.cluster = pods.cluster and coalesce(series.namespace, '') = pods.namespace and series.pod = pods.pod
    left join restarted
        on series.series_id = restarted.series_id
    left join spans
        on series.series_id = spans.series_id
),

costs as (
    select
        workload,
        cast(sum(allocated_cost) as double) as cost
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
    group by workload
)

select
    described.cluster as source,
    described.workload || ' ' || described.metric as subject,
    count(described.days) = 0 as ok,
    sum(described.span) as console_value,
    sum(described.increase) as true_value,
    'counted' as unit,
    -- the part of the workload's cost that a cost per unit counted so would move
    any_value(costs.cost) * abs(sum(described.span) - sum(described.increase)) / nullif(sum(described.span), 0) as cost_at_stake,
    coalesce(
        described.metric || ' of ' || described.workload || ' fell to zero on ' || max(described.days)
        || ' in ' || count(described.days) || ' series; highest minus lowest is '
        || printf('%.2f', sum(described.span) / nullif(sum(described.increase), 0)) || ' times what was counted',
        'never fell'
    ) as detail
from described
left join costs
    on described.workload = costs.workload
group by described.cluster, described.workload, described.metric
