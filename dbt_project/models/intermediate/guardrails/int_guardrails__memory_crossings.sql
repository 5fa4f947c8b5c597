-- One row a time in which a GPU's memory stayed above 95 %: windows that were cut at midnight are joined again, and
-- so are windows of two metric sources that overlap.
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
        coalesce(
            started_at > max(ended_at) over earlier
            and not {{ continues_after_midnight('started_at', 'max(ended_at) over earlier') }}, true
        ) as is_new
    from windows
    window earlier as (partition by cluster, node, gpu order by started_at, ended_at rows between unbounded preceding and 1 preceding)
),

numbered as (
    select
        *,
        count(*) filter (where is_new) over (partition by cluster, node, gpu order by started_at, ended_at) as crossing
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
