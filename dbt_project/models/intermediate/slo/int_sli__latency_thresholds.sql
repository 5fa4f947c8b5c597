-- One row a service, origin and threshold: which latency thresholds matter, and whether the histogram can measure them.
-- Origins: declared (the promise), tolerance (what the consumer bears), timeout (when it gives up), proposed (the first bound that the
-- percentile is surely below).
with services as (
    select
        service,
        coalesce(latency_percentile, 95) as percentile,
        latency_threshold_ms,
        tolerance_latency_ms,
        tolerance_timeout_ms
    from {{ ref('stg_declared__services') }}
),

epochs as (
    select
        service,
        bucket_epoch,
        bounds_ms
    from {{ ref('int_sli__bucket_epochs') }}
    where family = 'e2e' and is_headline
),

-- An interval needs days; without one nothing is proposed.
achieved as (
    select
        services.service,
        list_min(list_filter(epochs.bounds_ms, lambda bound: bound >= greatest(baseline.latency_ms, baseline.high))) as threshold_ms
    from services
    inner join {{ ref('int_sli__latency_baseline') }} as baseline
        on
            services.service = baseline.service
            and baseline.family = 'e2e'
            and services.percentile / 100 = baseline.quantile
    inner join epochs
        on services.service = epochs.service
    where baseline.high is not null and not baseline.censored
),

thresholds as (
    select
        service,
        'declared' as origin,
        latency_threshold_ms as threshold_ms
    from services
    union all
    select
        service,
        'tolerance' as origin,
        tolerance_latency_ms as threshold_ms
    from services
    union all
    select
        service,
        'timeout' as origin,
        tolerance_timeout_ms as threshold_ms
    from services
    union all
    select
        service,
        'proposed' as origin,
        threshold_ms
    from achieved
),

bounded as (
    select
        thresholds.service,
        thresholds.origin,
        services.percentile,
        thresholds.threshold_ms,
        list_max(list_filter(epochs.bounds_ms, lambda bound: bound <= thresholds.threshold_ms * (1 + 1e-9))) as bound_below,
        list_min(list_filter(epochs.bounds_ms, lambda bound: bound > thresholds.threshold_ms * (1 + 1e-9))) as bound_above,
        epochs.bucket_epoch is not null as has_histogram
    from thresholds
    inner join services
        on thresholds.service = services.service
    left join epochs
        on thresholds.service = epochs.service
    where thresholds.threshold_ms is not null
)

select
    service,
    origin,
    percentile,
    threshold_ms,
    'latency_within_' || {{ plain_number('threshold_ms') }} || 'ms' as sli,
    has_histogram,
    -- between two bounds the share could only be guessed
    coalesce(abs(bound_below - threshold_ms) <= 1e-9 * threshold_ms, false) as is_bound,
    case when abs(bound_below - threshold_ms) > 1e-9 * threshold_ms then bound_below end as bound_below,
    bound_above
from bounded
