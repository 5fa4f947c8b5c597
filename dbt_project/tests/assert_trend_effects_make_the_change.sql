-- The three effects of a week add up to its change in cost.
with weeks as (
    select
        week,
        effective_cost - lag(effective_cost) over (order by week) as change,
        price_effect + mix_effect + volume_effect as explained
    from {{ ref('fct_cost_trend') }}
)

select
    week,
    change,
    explained
from weeks
where abs(change - explained) >= 0.005
