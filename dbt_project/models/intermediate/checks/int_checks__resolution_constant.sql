-- One row a metric source and day with samples on the day before too: whether most series are sampled as often as the day before.
-- A change makes quantiles and rates of the two parts unlike; they must not be pooled.
with series as (
    select
        source,
        cluster,
        series_id,
        cast(first_ts as date) as day,
        interval_seconds
    from {{ ref('stg_metrics__series') }}
    where interval_seconds is not null
),

pairs as (
    select
        today.source,
        today.cluster,
        today.day,
        yesterday.interval_seconds as seconds_before,
        today.interval_seconds as seconds_after
    from series as today
    inner join series as yesterday
        on today.source = yesterday.source and today.series_id = yesterday.series_id and today.day = yesterday.day + 1
),

days as (
    select
        source,
        cluster,
        day,
        avg(case when abs(seconds_after - seconds_before) > 0.2 * seconds_before then 1.0 else 0.0 end) as share_changed,
        median(seconds_before) as seconds_before,
        median(seconds_after) as seconds_after
    from pairs
    group by all
)

select
    source,
    cluster || ' ' || day as subject,
    share_changed < 0.5 as ok,
    seconds_before as console_value,
    seconds_after as true_value,
    'seconds' as unit,
    cast(null as double) as cost_at_stake,
    printf(
        'from %s on, %s is sampled every %.0f s; before, every %.0f s; it changes quantiles and rates, so no cost can be told for it',
        day, cluster, seconds_after, seconds_before
    ) as detail
from days
