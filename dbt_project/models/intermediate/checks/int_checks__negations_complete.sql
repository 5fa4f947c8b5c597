-- One row a billing source and day with usage that a savings plan covers: whether the rows that take its on-demand price back are there.
-- Those rows name neither resource nor tags, so a filtered export loses them. A cent of rounding a row is tolerated.
with meters as (
    select
        source,
        cast(charge_period_start as date) as day,
        sku_meter,
        count(*) as charges,
        sum(billed_cost) filter (where line_item_type = 'SavingsPlanCoveredUsage') as covered,
        coalesce(sum(billed_cost) filter (where line_item_type = 'SavingsPlanNegation'), 0) as taken_back
    from {{ ref('int_billing__charges_deduplicated') }}
    where line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    group by all
),

judged as (
    select
        *,
        abs(coalesce(covered, 0) + taken_back) > 0.01 * charges as is_left
    from meters
)

select
    source,
    source || ' ' || day as subject,
    not bool_or(is_left) as ok,
    cast(sum(coalesce(covered, 0) + taken_back) as double) as console_value,
    0.0 as true_value,
    'currency' as unit,
    cast(sum(abs(coalesce(covered, 0) + taken_back)) filter (where is_left) as double) as cost_at_stake,
    printf(
        'usage under a savings plan shows %.2f at the on-demand price on %s and rows of %.2f take it back (%s); the rest is not owed',
        coalesce(sum(covered), 0), day, sum(taken_back),
        coalesce(string_agg(distinct sku_meter, ', ' order by sku_meter) filter (where is_left), 'every meter comes out at 0')
    ) as detail
from judged
group by source, day
