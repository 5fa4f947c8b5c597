-- One row a resource with GPUs (source, resource_key), and how it is usually priced: what a credit without a pricing category follows.
select
    source,
    resource_key,
    arg_max(mart_pricing_category, abs(effective_cost)) as usual_pricing_category
from {{ ref('int_billing__gpu_candidates') }}
where
    is_gpu
    and not is_other_service
    and not is_unused_commitment
    and not is_commitment_purchase
    and resource_key is not null
group by all
