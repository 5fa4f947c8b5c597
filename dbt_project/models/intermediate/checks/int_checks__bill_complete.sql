-- One row a billing source and day of the window: whether the bill has usage on that day. A source that bills by the month is covered by
-- its billing periods; a source that never delivered is not tested here (int_checks__sources_delivered names it).
with usage_rows as (
    select
        source,
        cast(charge_period_start as date) as day,
        cast(charge_period_end - interval 1 second as date) as last_day,
        date_diff('hour', charge_period_start, charge_period_end) as period_hours,
        effective_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    where charge_category = 'Usage' and charge_class is null
),

sources as (
    select
        source,
        median(period_hours) > 48 as bills_by_the_month
    from usage_rows
    group by source
),

days as (
    select
        sources.source,
        sources.bills_by_the_month,
        cast(days.day as date) as day
    from sources
    cross join {{ ref('stg_declared__audit') }} as audit
    cross join
        lateral unnest(generate_series(cast(audit.window_start as timestamp), cast(audit.window_end as timestamp), interval 1 day))
            as days (day)
),

daily as (
    select
        source,
        day,
        sum(effective_cost) as effective_cost
    from usage_rows
    where period_hours <= 48
    group by all
),

typical as (
    select
        source,
        cast(median(effective_cost) as double) as median_cost
    from daily
    group by source
),

spans as (
    select distinct
        source,
        day as first_day,
        last_day
    from usage_rows
    where period_hours > 48
),

covered as (
    select
        days.source,
        days.day
    from days
    inner join spans
        on days.bills_by_the_month and days.source = spans.source and days.day between spans.first_day and spans.last_day
    union
    select
        source,
        day
    from daily
),

tested as (
    select
        days.source,
        days.day,
        covered.day is not null as ok,
        daily.effective_cost,
        typical.median_cost
    from days
    left join covered
        on days.source = covered.source and days.day = covered.day
    left join daily
        on days.source = daily.source and days.day = daily.day
    left join typical
        on days.source = typical.source
)

select
    source,
    cast(day as varchar) as subject,
    ok,
    case when ok then cast(effective_cost as double) else 0 end as console_value,
    cast(effective_cost as double) as true_value,
    'currency' as unit,
    case when not ok then median_cost end as cost_at_stake,
    case
        when ok then 'billed'
        else
            'the bill of '
            || source
            || ' has no usage on '
            || day
            || '; a console draws 0, what was spent is unknown (a median day of this source: '
            || coalesce(printf('%.2f', median_cost), 'unknown') || ')'
    end as detail
from tested
