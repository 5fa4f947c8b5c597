-- One row a commitment that runs on GPUs, whatever the case of its id (Azure mixes them): at least half of what it covered did; or it
-- covered nothing and its own rows name such a machine.
with on_gpus as (
    select
        lower(commitment_discount_id) as commitment_key,
        sum(effective_cost) filter (where commitment_discount_status = 'Used') as used_gpu_cost
    from {{ ref('int_billing__gpu_candidates') }}
    where commitment_discount_id is not null and is_gpu
    group by all
),

used as (
    select
        lower(commitment_discount_id) as commitment_key,
        sum(effective_cost) as used_cost
    from {{ ref('int_billing__classified_charges') }}
    where commitment_discount_id is not null and commitment_discount_status = 'Used'
    group by all
)

select
    on_gpus.commitment_key,
    used.used_cost,
    on_gpus.used_gpu_cost
from on_gpus
left join used on on_gpus.commitment_key = used.commitment_key
where case when used.used_cost > 0 then coalesce(on_gpus.used_gpu_cost, 0) >= 0.5 * used.used_cost else true end
