-- One row a billing source that bills by the hour or day: whether its bill begins with the window. An export keeps what came after it was
-- enabled (Google Cloud: from the month before), so a pull of 90 days can hold fewer. The first day may lack: clocks differ.
with days as (
    select
        source,
        cast(charge_period_start as date) as day,
        sum(effective_cost) as cost,
        median(date_diff('hour', charge_period_start, charge_period_end)) as period_hours
    from {{ ref('int_billing__charges_deduplicated') }}
    where charge_category = 'Usage' and charge_class is null
    group by all
),

sources as (
    select
        source,
        min(day) as first_day,
        count(*) as days_billed,
        cast(sum(cost) as double) as cost,
        cast(median(cost) as double) as median_cost
    from days
    group by source
    having median(period_hours) <= 48
)

select
    sources.source,
    sources.source as subject,
    sources.first_day <= audit.window_start + 1 as ok,
    sources.cost as console_value,
    cast(case when sources.first_day <= audit.window_start + 1 then sources.cost end as double) as true_value,
    'currency' as unit,
    case
        when sources.first_day > audit.window_start + 1
            then sources.median_cost * date_diff('day', audit.window_start, sources.first_day)
    end as cost_at_stake,
    printf(
        'the bill begins on %s, %d days after the window of %d days; they cost %.2f if they were like its median day',
        sources.first_day, date_diff('day', audit.window_start, sources.first_day),
        date_diff('day', audit.window_start, audit.window_end) + 1,
        sources.median_cost * date_diff('day', audit.window_start, sources.first_day)
    ) as detail
from sources
cross join {{ ref('stg_declared__audit') }} as audit
