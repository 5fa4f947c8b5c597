-- Grain: one row an uninterrupted time in which ALERTS was 1. The series ends when an alert resolves, so a gap of more than 2.5 evaluations
-- ends a window; the evaluation interval is the smallest distance of two samples (at most 5 minutes), or the scrape interval where that is longer.
with active as (
    select samples.series_id, epoch_us(samples.ts) as ts, series.labels
    from samples
    inner join series using (series_id)
    where series.metric = 'ALERTS' and samples.value = 1
),

distanced as (
    select *, ts - lag(ts) over (partition by series_id order by ts) as distance
    from active
),

tolerance as (
    select
        2.5 * greatest(
            coalesce(least(min(distance), 300000000), 0),
            coalesce((select median(interval_seconds) from series where metric <> 'ALERTS'), 0) * 1000000
        ) as longest
    from distanced
),

numbered as (
    select
        distanced.*,
        sum(cast(distance is null or distance > tolerance.longest as integer)) over (partition by series_id order by ts) as stretch
    from distanced
    cross join tolerance
)

select
    $source as source,
    $cluster as cluster,
    any_value(labels['alertname']) as alert,
    any_value(labels['alertstate']) as state,
    any_value(map_from_entries([
        entry for entry in map_entries(labels) if entry.key not in ('alertname', 'alertstate')
    ])) as labels,
    make_timestamp(min(ts)) as started_at,
    make_timestamp(max(ts)) as ended_at,
    count(*) as samples
from numbered
group by series_id, stretch
order by started_at, alert, series_id
