-- One row a service and SLI that is one sum over another: events over events, or events over seconds. The whole window, with its interval.
with daily as (
    select
        service,
        sli,
        sli_input,
        day,
        good as numerator,
        total as denominator,
        total as events
    from {{ ref('int_sli__events_daily') }}
    union all
    select
        service,
        sli,
        sli_input,
        day,
        events as numerator,
        seconds as denominator,
        events
    from {{ ref('int_sli__throughput_daily') }}
),

resampled as (
    select
        daily.service,
        daily.sli,
        resamples.resample,
        sum(daily.numerator * resamples.weight) / nullif(sum(daily.denominator * resamples.weight), 0) as value
    from daily
    inner join {{ ref('int_sli__resamples') }} as resamples
        on daily.service = resamples.service and daily.sli_input = resamples.sli_input and daily.day = resamples.day
    group by all
),

intervals as (
    select
        service,
        sli,
        quantile_cont(value, 0.025) as low,
        quantile_cont(value, 0.975) as high
    from resampled
    group by service, sli
)

select
    daily.service,
    daily.sli,
    daily.sli_input,
    sum(daily.numerator) / nullif(sum(daily.denominator), 0) as value,
    any_value(intervals.low) as low,
    any_value(intervals.high) as high,
    sum(daily.events) as events,
    count(*) as n_days
from daily
left join intervals
    on daily.service = intervals.service and daily.sli = intervals.sli
group by daily.service, daily.sli, daily.sli_input
