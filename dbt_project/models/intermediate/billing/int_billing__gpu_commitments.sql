-- One row a commitment that runs on GPUs, whatever the case of its id (Azure mixes them): at least half of what it covered did; or it
-- covered nothing and its own rows name such a machine.
with used as (
    select
        lower(commitment_discount_id) as commitment_key,
        sum(effective_cost) filter (where commitment_discount_status = 'Used') as used_cost,
        sum(effective_cost) filter (where commitment_discount_status = 'Used' and is_gpu) as used_gpu_cost,
        coalesce(bool_or(is_gpu), false) as names_gpus
    from {{ ref('int_billing__classified_charges') }}
    where commitment_discount_id is not null
    group by all
)

select
    commitment_key,
    used_cost,
    used_gpu_cost
from used
where case when used_cost > 0 then coalesce(used_gpu_cost, 0) >= 0.5 * used_cost else names_gpus end
