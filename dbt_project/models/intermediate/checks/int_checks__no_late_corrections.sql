-- One row a billing source and month of usage: whether a later bill changed it. Corrections say so; other usage is late when it was billed
-- in another period than its own. A day of tolerance: billing periods of other time zones end some hours earlier or later.
with charges as (
    select
        source,
        strftime(charge_period_start, '%Y-%m') as month,
        effective_cost,
        coalesce(charge_class = 'Correction', false) as is_correction,
        coalesce(charge_class = 'Correction', false)
        or (
            charge_category = 'Usage'
            and (
                charge_period_start < billing_period_start - interval 1 day
                or charge_period_start >= billing_period_end + interval 1 day
            )
        ) as is_late
    from {{ ref('int_billing__charges_deduplicated') }}
)

select
    source,
    source || ' ' || month as subject,
    not coalesce(bool_or(is_late), false) as ok,
    cast(sum(effective_cost) filter (where is_late is distinct from true) as double) as console_value,
    cast(sum(effective_cost) as double) as true_value,
    'currency' as unit,
    cast(sum(abs(effective_cost)) filter (where is_late) as double) as cost_at_stake,
    printf(
        'corrections: %d, late charges: %d; they came after the month was closed, and a snapshot taken before shows another sum',
        count(*) filter (where is_correction), count(*) filter (where is_late and not is_correction)
    ) as detail
from charges
group by source, month
