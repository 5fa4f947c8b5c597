-- One row a cluster, GPU model, counter and twentieth of utilisation: how many GPU-hours were that busy. A mean hides what this shows.
with counters as (
    {% for counter in ['gpu_util', 'sm_active'] %}
        select
            cluster,
            gpu_model,
            '{{ counter }}' as counter,
            -- a whole GPU (1.0) belongs to the last twentieth
            cast(least(floor(greatest({{ counter }}_mean, 0) * 20), 19) as integer) as twentieth,
            share as gpu_hours
        from {{ ref('int_gpus__hourly') }}
        where {{ counter }}_mean is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    cluster,
    gpu_model,
    counter,
    twentieth / 20.0 as utilisation_from,
    (twentieth + 1) / 20.0 as utilisation_to,
    cast(sum(gpu_hours) as double) as gpu_hours
from counters
group by cluster, gpu_model, counter, twentieth
