-- One row a lever that the window's money measured: what it is about, what it costs now, and where to see it move.
with idle as (
    select
        sum(cost) filter (where idle_class = 'unallocated') as unallocated,
        sum(cost) filter (where reason = 'allocated_no_traffic') as no_traffic,
        sum(cost) filter (where reason = 'allocated_stuck_pod') as stuck,
        sum(cost) filter (where reason = 'allocated_waiting_io') as waiting,
        sum(cost) filter (where reason = 'allocated_low_activity') as low_activity,
        sum(cost) filter (where idle_class = 'commitment') as commitment
    from {{ ref('fct_idle_cost_daily') }}
    where split_rule = 'gpu_only'
),

steady as (
    select sum(steady_on_demand_hours_a_day * n_days * on_demand_rate * (1 - committed_price_ratio)) as saving
    from {{ ref('int_cost__gpu_rates') }}
    -- committing more while a part of it lies unused would only move the waste
    where unused_commitment_cost = 0 and committed_price_ratio < 1
),

levers as (
    select
        'release_unallocated' as lever,
        'Release the GPUs that nobody holds' as title,
        'GPUs are paid for and no pod holds them' as problem,
        'cost.idle.unallocated.share' as metric,
        false as is_tuning,
        unallocated as cost
    from idle
    union all
    select
        'stop_unused' as lever,
        'Stop or scale to zero what gets no traffic' as title,
        'pods hold GPUs and nobody asks them anything' as problem,
        'cost.idle.allocated.share' as metric,
        false as is_tuning,
        no_traffic as cost
    from idle
    union all
    select
        'unstick_pods' as lever,
        'Unstick the pods that hold GPUs and do not run' as title,
        'pods that crash or hang hold GPUs' as problem,
        'cost.idle.allocated.share' as metric,
        false as is_tuning,
        stuck as cost
    from idle
    union all
    select
        'feed_gpus' as lever,
        'Feed the GPUs that wait for data' as title,
        'GPUs wait while their node waits for storage' as problem,
        'cost.idle.allocated.share' as metric,
        true as is_tuning,
        waiting as cost
    from idle
    union all
    select
        'raise_activity' as lever,
        'Raise the activity of GPUs that work below their size' as title,
        'pods hold more GPU than they use' as problem,
        'cost.idle.allocated.share' as metric,
        true as is_tuning,
        low_activity as cost
    from idle
    union all
    select
        'resell_commitment' as lever,
        'Use the commitments that are paid for, or let them go' as title,
        'a part of the commitments runs nothing' as problem,
        'cost.commitment.utilisation' as metric,
        false as is_tuning,
        commitment as cost
    from idle
    union all
    select
        'commit_steady_base' as lever,
        'Commit the on-demand base that never stops' as title,
        'GPUs that run every day are bought at the on-demand price' as problem,
        'cost.commitment.coverage' as metric,
        false as is_tuning,
        saving as cost
    from steady
)

select
    row_number() over (order by cost desc, lever asc) as rank,
    lever,
    title,
    problem,
    metric,
    is_tuning,
    cast(cost as decimal(18, 6)) as cost
from levers
where cost > 0
