-- One row a billing source and calendar month that lies whole in the window: whether what was invoiced is what was used. Up to 10 % apart
-- is ordinary: a monthly fee is charged for 730 hours, and February has 672.
with months as (
    select
        source,
        cast(date_trunc('month', charge_period_start) as date) as month,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        sum(billed_cost) filter (where charge_category = 'Purchase') as purchases,
        count(*) filter (where effective_cost is null and billed_cost <> 0) as charges_without_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    group by all
)

select
    months.source,
    months.source || ' ' || strftime(months.month, '%Y-%m') as subject,
    case
        when months.charges_without_cost = 0
            then abs(months.billed_cost - months.effective_cost) <= 0.1 * greatest(abs(months.billed_cost), abs(months.effective_cost))
    end as ok,
    cast(months.billed_cost as double) as console_value,
    cast(months.effective_cost as double) as true_value,
    'currency' as unit,
    cast(abs(months.billed_cost - months.effective_cost) as double) as cost_at_stake,
    printf(
        '%s was invoiced %.2f (%.2f of it purchases) and used %.2f; the two are compared at one basis only',
        strftime(months.month, '%Y-%m'), months.billed_cost, coalesce(months.purchases, 0), months.effective_cost
    ) as detail
from months
cross join {{ ref('stg_declared__audit') }} as audit
where months.month >= audit.window_start and last_day(months.month) <= audit.window_end
