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
)

select
    cluster as source,
    workload || ' ' || metric as subject,
    count(days) = 0 as ok,
    sum(span) as console_value,
    sum(increase) as true_value,
    'counted' as unit,
    cast(null as double) as cost_at_stake,
    coalesce(
        metric || ' of ' || workload || ' fell to zero on ' || max(days) || ' in ' || count(days) || ' series; highest minus lowest is '
        || printf('%.2f', sum(span) / nullif(sum(increase), 0)) || ' times what was counted',
        'never fell'
    ) as detail
from described
group by cluster, workload, metric
