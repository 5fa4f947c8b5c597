-- GPUs of machine types that the user knows better than the shipped table.
select
    item,
    gpus,
    gpu_model
from {{ source('lake', 'declared_machines') }}
