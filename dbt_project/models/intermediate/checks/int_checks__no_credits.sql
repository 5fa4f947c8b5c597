-- One row a billing source: whether credits, adjustments and taxes are inside its totals. Every bill has some; they mislead once a day's
-- total moves by more than 1 %, which is what a daily chart shows.
with days as (
    select
        source,
        cast(charge_period_start as date) as day,
        sum(effective_cost) as cost,
        sum(effective_cost) filter (where charge_category in ('Usage', 'Purchase')) as usage_cost,
        sum(effective_cost) filter (where charge_category in ('Credit', 'Adjustment')) as credits,
        sum(effective_cost) filter (where charge_category = 'Tax') as taxes,
        sum(abs(effective_cost)) filter (where charge_category in ('Credit', 'Adjustment', 'Tax')) as moved
    from {{ ref('int_billing__charges_deduplicated') }}
    group by all
),

judged as (
    select
        *,
        coalesce(moved, 0) > 0.01 * coalesce(usage_cost, 0) as misleads
    from days
)

select
    source,
    source as subject,
    not bool_or(misleads) as ok,
    cast(sum(cost) as double) as console_value,
    cast(sum(usage_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(moved) as double) as cost_at_stake,
    printf('credits and adjustments of %.2f and taxes of %.2f are inside the total', coalesce(sum(credits), 0), coalesce(sum(taxes), 0))
    || coalesce(
        printf(
            '; they move the total of %d days by more than 1 %%, first %s, most %s',
            count(*) filter (where misleads), min(day) filter (where misleads), arg_max(day, moved) filter (where misleads)
        ), ''
    ) as detail
from judged
group by source
