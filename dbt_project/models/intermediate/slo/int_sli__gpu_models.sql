-- One row a service: the GPU models that its pods were seen on, and those of them that are of the consumer or inference class.
select
    pods.service,
    list_sort(list(distinct gpus.gpu_model)) as gpu_models,
    -- cards sold for desktops or for cheap inference
    list_sort(list(distinct gpus.gpu_model) filter (
        where regexp_matches(gpus.gpu_model, '(?i)\b(A2|A10G?|A16|L4|L40S?|T4|P4|RTX|GTX|GeForce|Quadro|TITAN)\b')
    )) as inference_class_models
from {{ ref('stg_metrics__gpu_hourly') }} as gpus
inner join {{ ref('int_workloads__pods') }} as pods
    on gpus.cluster = pods.cluster and gpus.namespace = pods.namespace and gpus.pod = pods.pod
where pods.service is not null and gpus.gpu_model is not null
group by pods.service
