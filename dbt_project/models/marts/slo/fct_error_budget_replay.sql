-- One row a service, SLI, objective and day with events: how much of the error budget was spent by the end of that day,
-- and how often a burn-rate policy would have called someone.
with objectives as (
    select
        service,
        sli,
        objective_source,
        objective,
        window_days
    from {{ ref('int_sli__objectives') }}
),

daily as (
    select
        events.service,
        events.sli,
        events.day,
        events.good,
        events.total,
        slots.slot_seconds
    from {{ ref('int_sli__events_daily') }} as events
    left join {{ ref('int_sli__slots') }} as slots
        on events.service = slots.service and events.sli_input = slots.sli_input and events.day = slots.day
),

spent as (
    select
        objectives.service,
        objectives.sli,
        objectives.objective_source,
        objectives.objective,
        objectives.window_days,
        daily.day,
        daily.slot_seconds,
        sum(earlier.total - earlier.good) as bad,
        sum(earlier.total) as total
    from objectives
    inner join daily
        on objectives.service = daily.service and objectives.sli = daily.sli
    inner join daily as earlier
        on
            daily.service = earlier.service
            and daily.sli = earlier.sli
            and earlier.day between daily.day - cast(objectives.window_days - 1 as integer) and daily.day
    group by all
),

-- an alert that goes on is one alert
raised as (
    select
        service,
        sli,
        objective_source,
        cast(bucket_start as date) as day,
        is_page and not coalesce(lag(is_page) over history, false) as page,
        is_ticket and not coalesce(lag(is_ticket) over history, false) as ticket
    from {{ ref('int_sli__burn_alerts') }}
    window history as (partition by service, sli, objective_source order by bucket_start)
),

called as (
    select
        service,
        sli,
        objective_source,
        day,
        -- a sum over nothing known is null: no policy for such a window
        sum(cast(page as integer)) as pages,
        sum(cast(ticket as integer)) as tickets
    from raised
    group by all
),

ratios as (
    select
        spent.*,
        round(spent.bad / nullif((1 - spent.objective) * spent.total, 0), 12) as spend,
        -- the shortest window of a pair decides what can be seen: 5 minutes for pages, 2 hours for tickets
        if(spent.slot_seconds <= 300, called.pages, null) as pages,
        if(spent.slot_seconds <= 7200, called.tickets, null) as tickets
    from spent
    left join called
        on
            spent.service = called.service
            and spent.sli = called.sli
            and spent.objective_source = called.objective_source
            and spent.day = called.day
)

select
    service,
    sli,
    objective_source,
    objective,
    day,
    window_days,
    bad as bad_events,
    total as total_events,
    spend,
    -- an objective of 100 % has no budget: the first failure exhausts it
    if(objective = 1, bad > 0, spend >= 1) as exhausted,
    cast(pages as bigint) as pages,
    cast(tickets as bigint) as tickets
from ratios
