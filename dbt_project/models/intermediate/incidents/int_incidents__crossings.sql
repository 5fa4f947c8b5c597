-- One row a time in which a node's GPUs were beyond a watched threshold. Windows that midnight cut are one again, and so are windows of
-- two metric sources that overlap. GPUs of a node that are beyond at the same time, for the same pod, are one crossing, named by the first.
with windows as (
    select
        cluster,
        threshold,
        node,
        gpu,
        namespace,
        pod,
        started_at,
        ended_at,
        peak,
        coalesce(
            started_at > max(ended_at) over earlier
            and not {{ continues_after_midnight('started_at', 'max(ended_at) over earlier') }}, true
        ) as begins
    from {{ ref('stg_metrics__threshold_windows') }}
    window earlier as (
        partition by cluster, threshold, node, gpu order by started_at, ended_at rows between unbounded preceding and 1 preceding
    )
),

stitched_numbered as (
    select
        *,
        sum(begins::integer) over (partition by cluster, threshold, node, gpu order by started_at, ended_at) as stitch
    from windows
),

stitched as (
    select
        cluster,
        threshold,
        node,
        gpu,
        min(namespace) as namespace,
        min(pod) as pod,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(peak) as peak
    from stitched_numbered
    group by cluster, threshold, node, gpu, stitch
),

overlapping as (
    select
        *,
        coalesce(
            started_at > max(ended_at) over (
                partition by cluster, threshold, node, pod
                order by started_at, gpu
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as begins
    from stitched
),

numbered as (
    select
        *,
        sum(begins::integer) over (partition by cluster, threshold, node, pod order by started_at, gpu) as crossing
    from overlapping
)

select
    'metric:' || threshold || ':' || coalesce(node, '') || ':' || coalesce(min(gpu), '') || ':'
    || strftime(min(started_at), '%Y-%m-%dT%H:%M:%SZ') as member_id,
    cluster,
    threshold,
    node,
    namespace,
    pod,
    list_sort(list(distinct gpu)) as gpus,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    max(peak) as peak,
    case
        when threshold like '%memory%' then 'vram_exhaustion'
        when threshold like '%temp%' or threshold like '%thermal%' then 'thermal_throttling'
        when threshold like '%xid%' or threshold like '%ecc%' then 'hardware_fault'
        else 'unknown_other'
    end as mode
from numbered
group by cluster, threshold, node, namespace, pod, crossing
