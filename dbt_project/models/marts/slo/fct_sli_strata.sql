-- One row a service, SLI and part of the window: weekdays (1 Monday), hours of the day, and trailing 28 days by their last day.
-- Every day counts, those of incidents too.
with events as (
    select
        service,
        sli,
        bucket_start,
        good,
        total
    from {{ ref('int_sli__events_5m') }}
),

daily as (
    select
        service,
        sli,
        day,
        sum(good) over month as good,
        sum(total) over month as total,
        count(*) over month as days
    from {{ ref('int_sli__events_daily') }}
    window month as (partition by service, sli order by day range between interval 27 days preceding and current row)
),

strata as (
    select
        service,
        sli,
        'weekday' as stratum_kind,
        cast(isodow(bucket_start) as varchar) as stratum,
        sum(good) as good,
        sum(total) as total,
        count(distinct cast(bucket_start as date)) as n_days
    from events
    group by all
    union all
    select
        service,
        sli,
        'hour' as stratum_kind,
        strftime(bucket_start, '%H') as stratum,
        sum(good) as good,
        sum(total) as total,
        count(distinct cast(bucket_start as date)) as n_days
    from events
    group by all
    union all
    select
        service,
        sli,
        'trailing_28_days' as stratum_kind,
        cast(day as varchar) as stratum,
        good,
        total,
        days as n_days
    from daily
    where days = 28
)

select
    service,
    sli,
    stratum_kind,
    stratum,
    cast(good as double) as good,
    cast(total as double) as total,
    good / nullif(total, 0) as value,
    n_days,
    row_number() over (
        partition by service, sli, stratum_kind order by good / nullif(total, 0) asc nulls last, stratum asc
    ) = 1 as is_worst
from strata
