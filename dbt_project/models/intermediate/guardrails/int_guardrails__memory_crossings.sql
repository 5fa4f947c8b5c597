-- One row a time in which a GPU's memory stayed above 95 %: windows that were cut at midnight are joined again.
with windows as (
    select
        cluster,
        node,
        gpu,
        started_at,
        ended_at
    from {{ ref('stg_metrics__threshold_windows') }}
    where threshold = 'gpu_memory_above_95'
),

marked as (
    select
        *,
        coalesce(not {{ continues_after_midnight('started_at', 'lag(ended_at) over same_gpu') }}, true) as is_new
    from windows
    window same_gpu as (partition by cluster, node, gpu order by started_at)
),

numbered as (
    select
        *,
        count(*) filter (where is_new) over (partition by cluster, node, gpu order by started_at) as crossing
    from marked
)

select
    cluster,
    node,
    gpu,
    crossing,
    min(started_at) as started_at,
    max(ended_at) as ended_at
from numbered
group by all
