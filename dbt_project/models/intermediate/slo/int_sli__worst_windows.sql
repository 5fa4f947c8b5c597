-- One row a service and SLI of good over total events with more than 28 days: the 28 days in a row with the least share of good events,
-- and the lower end of their day-block bootstrap interval. What was kept in every 28 days can be promised for the next 28; a mean of the
-- whole history cannot, because a bad month is diluted in it.
{%- set window_days = 28 %}
with daily as (
    select
        service,
        sli,
        sli_input,
        day,
        good,
        total
    from {{ ref('int_sli__events_daily') }}
),

rolling as (
    select
        service,
        sli,
        day as last_day,
        cast(day - {{ window_days - 1 }} as date) as first_day,
        sum(good) over history as good,
        sum(total) over history as total,
        count(*) over history as n_days,
        min(day) over (partition by service, sli) as first_day_of_all
    from daily
    window history as (partition by service, sli order by day range between interval {{ window_days - 1 }} days preceding and current row)
    -- a window that begins before the history does is not whole
    qualify first_day >= first_day_of_all
),

worst as (
    select
        service,
        sli,
        first_day,
        last_day,
        good / total as value,
        total as n_events,
        n_days
    from rolling
    where total > 0 and n_days >= {{ var('bootstrap_min_days', 7) }}
    qualify
        row_number() over (partition by service, sli order by good / total asc, last_day desc) = 1
        and count(*) over (partition by service, sli) > 1
),

days as (
    select
        daily.service,
        daily.sli,
        daily.sli_input,
        daily.good,
        daily.total,
        worst.n_days,
        row_number() over (partition by daily.service, daily.sli order by daily.day) - 1 as position
    from daily
    inner join worst
        on daily.service = worst.service and daily.sli = worst.sli and daily.day between worst.first_day and worst.last_day
),

resamples as (
    select unnest(range({{ var('bootstrap_resamples', 200) }})) as resample
),

draws as (
    select
        days.service,
        days.sli,
        resamples.resample,
        md5_number_lower(concat_ws('|', days.service, days.sli_input, resamples.resample, days.position)) % days.n_days as drawn
    from days
    cross join resamples
),

resampled as (
    select
        draws.service,
        draws.sli,
        draws.resample,
        sum(days.good) / nullif(sum(days.total), 0) as value
    from draws
    inner join days
        on draws.service = days.service and draws.sli = days.sli and draws.drawn = days.position
    group by all
),

intervals as (
    select
        service,
        sli,
        quantile_cont(value, 0.025) as low
    from resampled
    group by service, sli
)

select
    worst.service,
    worst.sli,
    worst.first_day,
    worst.last_day,
    worst.value,
    intervals.low,
    worst.n_events,
    worst.n_days
from worst
inner join intervals
    on worst.service = intervals.service and worst.sli = intervals.sli
