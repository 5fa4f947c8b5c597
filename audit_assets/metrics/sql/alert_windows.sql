-- Grain: one row an uninterrupted time in which ALERTS was 1. Its series ends when an alert resolves, so a gap of more than 2.5 evaluations ends a
-- window. The evaluation interval is the alert's own median distance of samples (of those up to 5 minutes), else the scrape interval.
with active as (
    select samples.series_id, epoch_us(samples.ts) as ts, series.labels['alertname'] as alert
    from samples
    inner join series using (series_id)
    where series.metric = 'ALERTS' and samples.value = 1
),

distanced as (
    select *, ts - lag(ts) over (partition by series_id order by ts) as distance
    from active
),

intervals as (
    select
        alert,
        coalesce(
            median(distance) filter (where distance <= 300000000),
            (select median(interval_seconds) from series where metric <> 'ALERTS') * 1000000,
            300000000
        ) as microseconds
    from distanced
    group by alert
),

numbered as (
    select
        distanced.series_id,
        distanced.ts,
        sum(cast(distance is null or distance > 2.5 * intervals.microseconds as integer)) over (partition by series_id order by ts) as stretch
    from distanced
    inner join intervals on distanced.alert is not distinct from intervals.alert
),

windows as (
    select series_id, min(ts) as first_ts, max(ts) as last_ts, count(*) as samples
    from numbered
    group by series_id, stretch
)

select
    $source as source,
    $cluster as cluster,
    series.labels['alertname'] as alert,
    series.labels['alertstate'] as state,
    map_from_entries([entry for entry in map_entries(series.labels) if entry.key not in ('alertname', 'alertstate')]) as labels,
    make_timestamp(windows.first_ts) as started_at,
    make_timestamp(windows.last_ts) as ended_at,
    windows.samples
from windows
inner join series using (series_id)
order by started_at, alert, windows.series_id
