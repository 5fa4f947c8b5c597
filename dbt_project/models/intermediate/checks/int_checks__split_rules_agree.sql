-- One row a workload that holds GPUs: whether its cost is much the same by each split rule. Up to three times is the rules' own doing: of
-- a p5.48xlarge's price OpenCost's rates give 34 % to the GPUs. More comes from nodes held in part, whose rest aws_scad spreads over pods.
with costs as (
    select
        workload,
        cast(sum(allocated_cost) filter (where split_rule = 'gpu_only') as double) as gpu_only,
        cast(sum(allocated_cost) filter (where split_rule = 'opencost') as double) as opencost,
        cast(sum(allocated_cost) filter (where split_rule = 'aws_scad') as double) as aws_scad
    from {{ ref('fct_workload_cost_daily') }}
    where workload <> '__unattributed__'
    group by workload
),

apart as (
    select
        *,
        case when abs(ln(aws_scad / gpu_only)) >= abs(ln(opencost / gpu_only)) then aws_scad else opencost end as farthest,
        greatest(gpu_only, opencost, aws_scad) / least(gpu_only, opencost, aws_scad) as factor
    from costs
    where gpu_only > 0 and opencost > 0 and aws_scad > 0
)

select
    'split rules' as source,
    workload as subject,
    factor <= 3 as ok,
    farthest as console_value,
    gpu_only as true_value,
    'currency' as unit,
    abs(farthest - gpu_only) as cost_at_stake,
    printf(
        '%s costs %.2f by gpu_only, %.2f by opencost and %.2f by aws_scad: a factor of %.1f', workload, gpu_only, opencost, aws_scad, factor
    ) as detail
from apart
