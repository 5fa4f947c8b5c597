-- One row a week ahead (1 to 4): spend if the next weeks are like the latest, with the errors that this rule made in the window.
with weeks as (
    select
        week,
        cast(effective_cost as double) as cost,
        row_number() over (order by week) as nth
    from {{ ref('fct_cost_trend') }}
    where days_with_bill = 7
),

ahead as (
    select unnest(range(1, 5)) as weeks_ahead
),

-- What the rule would have said in each earlier week, against what came: relative errors, one a past week.
errors as (
    select
        ahead.weeks_ahead,
        later.cost / nullif(earlier.cost, 0) - 1 as relative_error
    from weeks as earlier
    cross join ahead
    inner join weeks as later on later.week = earlier.week + cast(7 * ahead.weeks_ahead as integer)
),

spread as (
    select
        weeks_ahead,
        count(*) as n_tests,
        quantile_cont(relative_error, 0.1) as low_error,
        quantile_cont(relative_error, 0.9) as high_error
    from errors
    group by weeks_ahead
),

latest as (
    select
        max(week) as week,
        arg_max(cost, week) as cost
    from weeks
    having count(*) > 0
)

select
    latest.week + cast(7 * ahead.weeks_ahead as integer) as week,
    ahead.weeks_ahead,
    cast(latest.cost as decimal(18, 6)) as expected_cost,
    -- fewer than five past tests are no distribution
    cast(case when spread.n_tests >= 5 then latest.cost * (1 + least(spread.low_error, 0)) end as decimal(18, 6)) as low,
    cast(case when spread.n_tests >= 5 then latest.cost * (1 + greatest(spread.high_error, 0)) end as decimal(18, 6)) as high,
    coalesce(spread.n_tests, 0) as n_tests
from latest
cross join ahead
left join spread on ahead.weeks_ahead = spread.weeks_ahead
