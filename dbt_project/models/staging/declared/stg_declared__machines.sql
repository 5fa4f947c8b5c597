-- Declared GPUs of machine types, which win over the shipped ones.
select
    item,
    gpus,
    gpu_model
from {{ source('lake', 'declared_machines') }}
