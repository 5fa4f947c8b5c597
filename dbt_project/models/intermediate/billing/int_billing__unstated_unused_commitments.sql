-- One row a savings plan and hour whose fee does not state what was used of it: the fee less what it covered, as an unused charge.
-- It stands in the columns of the fee, so that it can be read beside the charges.
with fees as (
    select * from {{ ref('int_billing__charges_deduplicated') }}
    where line_item_type = 'SavingsPlanRecurringFee' and effective_cost is null and billed_cost > 0
),

covered as (
    select
        source,
        commitment_discount_id,
        charge_period_start,
        sum(effective_cost) as used_cost,
        count(*) filter (where effective_cost is null) as charges_without_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    where line_item_type = 'SavingsPlanCoveredUsage' and exists (select 1 from fees)
    group by all
),

fees_an_hour as (
    select
        *,
        sum(billed_cost) over (partition by source, commitment_discount_id, charge_period_start) as fee_cost,
        row_number() over (partition by source, commitment_discount_id, charge_period_start order by source_uri, source_row) as fee
    from fees
)

select
    fees_an_hour.* exclude (fee_cost, fee)
    replace (
        'Usage' as charge_category,
        'Usage-Based' as charge_frequency,
        'Unused' as commitment_discount_status,
        'savings plan fee less what it covered in the hour' as charge_description,
        null as list_cost,
        null as contracted_cost,
        0 as billed_cost,
        greatest(fees_an_hour.fee_cost - coalesce(covered.used_cost, 0), 0) as effective_cost
    )
from fees_an_hour
left join covered
    on
        fees_an_hour.source = covered.source
        and fees_an_hour.commitment_discount_id = covered.commitment_discount_id
        and fees_an_hour.charge_period_start = covered.charge_period_start
where fees_an_hour.fee = 1 and coalesce(covered.charges_without_cost, 0) = 0
