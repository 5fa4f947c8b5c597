-- Grain: one row an uninterrupted time beyond the threshold. A sample at or below it, or a gap of more than 2.5 intervals, ends a window.
-- Cut at midnight: the parts on both sides are judged apart, so a crossing that is too short on either side is not seen.
with judged as (
    select
        gpu_memory.holding,
        gpu_memory.ts,
        gpu_memory.share,
        gpu_memory.share > $above as beyond,
        lag(gpu_memory.share > $above, 1, false) over series_order as was_beyond,
        gpu_memory.ts - lag(gpu_memory.ts) over series_order > 2.5e6 * holdings.interval_seconds as gap
    from gpu_memory
    inner join holdings using (holding)
    window series_order as (partition by gpu_memory.holding order by gpu_memory.ts)
),

numbered as (
    select *, sum(cast(not was_beyond or coalesce(gap, false) as integer)) over (partition by holding order by ts) as stretch
    from judged
    where beyond
),

stretches as (
    select holding, stretch, min(ts) as first_ts, max(ts) as last_ts, count(*) as samples, max(share) as peak
    from numbered
    group by holding, stretch
)

select
    $source as source,
    $cluster as cluster,
    $threshold as threshold,
    holdings.node,
    holdings.gpu,
    holdings.namespace,
    holdings.pod,
    make_timestamp(stretches.first_ts) as started_at,
    make_timestamp(stretches.last_ts) as ended_at,
    stretches.samples,
    stretches.peak
from stretches
inner join holdings using (holding)
where stretches.last_ts - stretches.first_ts >= $seconds * 1000000
order by started_at, node, gpu
