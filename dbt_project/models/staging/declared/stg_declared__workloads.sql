-- The workloads in scope and how they are recognised.
select
    service,
    workload,
    kind,
    namespace,
    labels,
    billing_tags,
    units_counter,
    input_tokens,
    output_tokens,
    output_price_ratio,
    dataset_gb,
    epochs,
    tokens_per_vector
from {{ source('lake', 'declared_workloads') }}
