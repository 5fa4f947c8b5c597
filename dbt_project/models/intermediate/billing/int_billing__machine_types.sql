-- One row a machine type as bills write it: its GPUs as audit.yaml says, and as the shipped table does.
-- A bill has few types and millions of rows: spelling is compared here, once a type.
with billed as (
    select distinct instance_type
    from {{ ref('stg_billing__charges') }}
    where instance_type is not null
),

shipped as (
    select
        {{ machine_key('instance_type') }} as machine,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model
    from {{ ref('gpu_instance_types') }}
    group by all
),

declared as (
    select
        {{ machine_key('item') }} as machine,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model
    from {{ ref('stg_declared__machines') }}
    group by all
)

select
    billed.instance_type,
    shipped.gpus,
    shipped.gpu_model,
    declared.gpus as declared_gpus,
    declared.gpu_model as declared_gpu_model
from billed
left join shipped on {{ machine_key('billed.instance_type') }} = shipped.machine
left join declared on {{ machine_key('billed.instance_type') }} = declared.machine
