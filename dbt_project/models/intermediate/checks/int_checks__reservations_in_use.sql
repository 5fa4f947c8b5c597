-- One row a capacity reservation: whether machines ran in it. Where a bill has no column for it, an idle reservation is told by the meter
-- (AWS: UnusedBox, UnusedDed) alone, and a console shows it as machines that run. 5 % idle is tolerated, as for commitments.
with charges as (
    select
        source,
        coalesce(capacity_reservation_id, resource_id, 'a reservation without an id') as reservation,
        cast(charge_period_start as date) as day,
        effective_cost,
        capacity_reservation_status is null as is_unmarked,
        coalesce(capacity_reservation_status = 'Unused', false)
        or coalesce(regexp_matches(sku_meter, '(^|-)Unused(Box|Ded)'), false) as is_idle
    from {{ ref('int_billing__charges_deduplicated') }}
    where
        charge_category = 'Usage'
        and commitment_discount_status is distinct from 'Unused'
        and (capacity_reservation_id is not null or regexp_matches(sku_meter, '(^|-)Unused(Box|Ded)'))
)

select
    source,
    reservation as subject,
    coalesce(sum(effective_cost) filter (where is_idle), 0) <= 0.05 * sum(effective_cost) as ok,
    cast(sum(effective_cost) as double) as console_value,
    cast(coalesce(sum(effective_cost) filter (where not is_idle), 0) as double) as true_value,
    'currency' as unit,
    cast(sum(effective_cost) filter (where is_idle) as double) as cost_at_stake,
    coalesce(
        printf(
            'idle on %d days, first %s; a console counts the %.2f as machines%s',
            count(distinct day) filter (where is_idle), min(day) filter (where is_idle), sum(effective_cost) filter (where is_idle),
            case when bool_and(is_unmarked) filter (where is_idle) then ', for the bill has no column that marks it' else '' end
        ), 'machines ran in it'
    ) as detail
from charges
group by source, reservation
