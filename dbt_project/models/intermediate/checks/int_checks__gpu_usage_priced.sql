-- One row a billing source, machine type and pricing category with GPU hours: whether they show a price. Hours of a capacity block are
-- billed 0.00 beside a prepaid fee. Usage under a commitment is int_checks__commitment_usage_costed. 1 % of hours without a price is
-- tolerated.
with charges as (
    select
        source,
        coalesce(instance_type, gpu_model, 'GPUs of an unknown machine') as machine,
        pricing_category,
        is_purchase,
        billed_cost,
        effective_cost,
        list_cost,
        case when not is_purchase and charge_class is null and charge_category = 'Usage' then gpu_hours end as gpu_hours
    from {{ ref('int_billing__gpu_charges') }}
    where commitment_discount_id is null
),

rates as (
    select
        source,
        machine,
        sum(effective_cost) / sum(gpu_hours) as gpu_hour_cost
    from charges
    where gpu_hours > 0 and effective_cost > 0
    group by all
),

machines as (
    select
        source,
        machine,
        pricing_category,
        sum(gpu_hours) as gpu_hours,
        sum(gpu_hours) filter (where coalesce(effective_cost, 0) = 0 and coalesce(billed_cost, 0) = 0) as free_hours,
        sum(list_cost) filter (where gpu_hours > 0 and coalesce(effective_cost, 0) = 0 and coalesce(billed_cost, 0) = 0) as free_list,
        sum(effective_cost) filter (where gpu_hours > 0) as shown,
        sum(effective_cost) filter (where is_purchase) as fees
    from charges
    group by all
    having sum(gpu_hours) > 0
),

judged as (
    select
        machines.*,
        coalesce(machines.free_hours, 0) <= 0.01 * machines.gpu_hours as ok,
        coalesce(nullif(machines.fees, 0), nullif(machines.free_list, 0), machines.free_hours * rates.gpu_hour_cost) as worth
    from machines
    left join rates on machines.source = rates.source and machines.machine = rates.machine
)

select
    source,
    machine || ' ' || pricing_category as subject,
    ok,
    cast(shown as double) as console_value,
    cast(case when ok then shown when fees > 0 then coalesce(shown, 0) + fees end as double) as true_value,
    'currency' as unit,
    cast(case when not ok then worth end as double) as cost_at_stake,
    printf('%.1f of %.1f GPU-hours of %s show a price of 0; ', coalesce(free_hours, 0), gpu_hours, machine)
    || case
        when ok then 'the others have one'
        when fees > 0 then printf('a fee of %.2f stands on another row', fees)
        when worth is not null then printf('at the price of other hours they are worth %.2f', worth)
        else 'what they cost is unknown: no fee, list price or other hour of this machine is on the bill'
    end as detail
from judged
