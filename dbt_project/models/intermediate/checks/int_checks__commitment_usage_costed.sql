-- One row a commitment with usage under it: whether that usage shows a cost at all. A reservation's hours are billed 0; when their
-- amortised cost is empty or 0 too, they look free. Up to 1 % of the charges may be free (rounding, hours of a free tier).
with charges as (
    select
        source,
        commitment_discount_id,
        charge_category,
        billed_cost,
        effective_cost,
        list_cost,
        (
            charge_category = 'Usage'
            and charge_class is null
            and coalesce(commitment_discount_status, '') <> 'Unused'
            and coalesce(line_item_type, '') <> 'SavingsPlanNegation'
            and coalesce(nullif(list_cost, 0), consumed_quantity, pricing_quantity, 1) > 0
        ) as is_use
    from {{ ref('int_billing__charges_deduplicated') }}
    where commitment_discount_id is not null
),

commitments as (
    select
        source,
        commitment_discount_id,
        count(*) filter (where is_use) as uses,
        count(*) filter (where is_use and coalesce(effective_cost, 0) = 0 and coalesce(billed_cost, 0) = 0) as free_uses,
        sum(effective_cost) filter (where is_use) as shown,
        sum(list_cost) filter (where is_use and coalesce(effective_cost, 0) = 0 and coalesce(billed_cost, 0) = 0) as free_list,
        sum(billed_cost) filter (where charge_category = 'Purchase') as fees
    from charges
    group by all
)

select
    source,
    commitment_discount_id as subject,
    free_uses <= 0.01 * uses as ok,
    cast(coalesce(shown, 0) as double) as console_value,
    cast(case when free_uses = uses then nullif(fees, 0) end as double) as true_value,
    'currency' as unit,
    cast(case when free_uses > 0 then coalesce(nullif(fees, 0), nullif(free_list, 0)) end as double) as cost_at_stake,
    printf('%d of %d charges under %s show neither a billed nor an effective cost; ', free_uses, uses, commitment_discount_id)
    || case
        when fees > 0 then printf('its fees of %.2f stand on rows of their own', fees)
        when free_list > 0 then printf('at list price they are %.2f', free_list)
        else 'what they cost is unknown: the bill has neither the fee nor a list price'
    end as detail
from commitments
where uses > 0
