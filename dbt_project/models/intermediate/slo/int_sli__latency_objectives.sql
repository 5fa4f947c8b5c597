-- One row a declared service: the latency threshold that its history supports at the declared percentile (95 when none is declared).
with services as (
    select
        service,
        coalesce(latency_percentile, 95) as percentile,
        latency_threshold_ms as declared_ms
    from {{ ref('stg_declared__services') }}
),

baseline as (
    select
        service,
        sli,
        current,
        low,
        high,
        bucket_low,
        bucket_high,
        censored,
        n_events,
        reason,
        coalesce(worst_28_days_low, low) as kept
    from {{ ref('fct_slo_baseline') }}
),

thresholds as (
    select
        service,
        origin,
        sli,
        threshold_ms,
        has_histogram,
        is_bound,
        bound_below,
        bound_above
    from {{ ref('int_sli__latency_thresholds') }}
),

joined as (
    select
        services.service,
        {{ latency_sli("'e2e'", 'services.percentile / 100') }} as sli,
        services.percentile,
        services.percentile / 100 as target,
        services.declared_ms,
        percentiles.current,
        percentiles.low,
        percentiles.high,
        percentiles.bucket_low,
        percentiles.bucket_high,
        percentiles.censored,
        percentiles.n_events,
        percentiles.reason,
        declared.has_histogram and not declared.is_bound as declared_between_bounds,
        declared.bound_below,
        declared.bound_above,
        within.current as declared_share,
        within.kept as declared_share_kept,
        proposed.threshold_ms as proposed_ms
    from services
    left join thresholds as declared
        on services.service = declared.service and declared.origin = 'declared'
    left join thresholds as proposed
        on services.service = proposed.service and proposed.origin = 'proposed'
    left join baseline as percentiles
        on
            services.service = percentiles.service
            and percentiles.sli = {{ latency_sli("'e2e'", 'services.percentile / 100') }}
    left join baseline as within
        on declared.service = within.service and declared.sli = within.sli and declared.is_bound
)

select
    *,
    coalesce(declared_share < target, false) as is_contradicted,
    case
        when coalesce(declared_between_bounds, false) or current is null then null
        when n_events < ln(0.05) / ln(target) then null
        -- kept in the worst 28 days too
        when declared_share_kept >= target then declared_ms
        else proposed_ms
    end as objective_ms
from joined
