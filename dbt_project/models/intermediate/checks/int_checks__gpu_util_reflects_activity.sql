-- One row a workload with both counters: GPU utilisation is the share of time in which any kernel ran, SM activity the share of the GPU
-- that worked. Thirty points between them mean that the first says little about the second.
with activity as (
    select
        workload,
        sum(gpu_util_hours) / nullif(sum(gpu_util_measured_hours), 0) as gpu_util,
        sum(sm_active_hours) / nullif(sum(sm_active_measured_hours), 0) as sm_active
    from {{ ref('fct_gpu_activity_daily') }}
    group by workload
),

costs as (
    select
        workload,
        cast(sum(allocated_cost) as double) as allocated_cost
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
    group by workload
)

select
    'DCGM exporter' as source,
    activity.workload as subject,
    activity.gpu_util - activity.sm_active <= 0.3 as ok,
    activity.gpu_util as console_value,
    activity.sm_active as true_value,
    'share' as unit,
    costs.allocated_cost * (activity.gpu_util - activity.sm_active) as cost_at_stake,
    printf(
        '%s shows %.0f %% utilisation; its GPUs worked at %.0f %%',
        activity.workload, 100 * activity.gpu_util, 100 * activity.sm_active
    ) as detail
from activity
left join costs
    on activity.workload = costs.workload
