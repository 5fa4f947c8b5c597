-- One row a billing source that bills by the day: the hour at which most of its days start, UTC.
with days as (
    select
        source,
        strftime(charge_period_start, '%H:%M') as starts_at,
        date_diff('minute', date_trunc('day', charge_period_start), charge_period_start) / 60.0 as shift_hours,
        effective_cost,
        sub_account_id
    from {{ ref('int_billing__charges_deduplicated') }}
    where
        charge_category = 'Usage'
        and date_diff('hour', charge_period_start, charge_period_end) between 23 and 25
),

starts as (
    select
        source,
        mode(starts_at order by starts_at) as starts_at,
        mode(shift_hours order by shift_hours) as shift_hours,
        cast(sum(effective_cost) as double) as effective_cost,
        string_agg(distinct sub_account_id, ', ' order by sub_account_id) as accounts
    from days
    group by source
)

select
    source,
    source as subject,
    shift_hours = 0 as ok,
    0.0 as console_value,
    shift_hours as true_value,
    'hour UTC' as unit,
    effective_cost * shift_hours / 24 as cost_at_stake,
    'a day of ' || source || ' starts at ' || starts_at || ' UTC'
    || coalesce(' (account ' || accounts || ')', '')
    || '; '
    || printf('%.0f', 100 * shift_hours / 24)
    || ' % of it lies on the next UTC day' as detail
from starts
