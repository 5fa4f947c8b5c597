-- One row a service and SLI that was measured: its value over the window, the interval, and what it was read from.
with audit as (
    select date_diff('day', window_start, window_end) + 1 as window_days
    from {{ ref('stg_declared__audit') }}
),

declared_percentiles as (
    select
        service,
        latency_percentile / 100 as quantile
    from {{ ref('stg_declared__services') }}
),

percentiles as (
    select
        latencies.service,
        latencies.family,
        latencies.quantile,
        latencies.latency_ms,
        latencies.low,
        latencies.high,
        latencies.bucket_low,
        latencies.bucket_high,
        latencies.censored,
        latencies.floored,
        latencies.forced_monotonic,
        latencies.n_days,
        latencies.events
    from {{ ref('int_sli__latency_baseline') }} as latencies
    left join declared_percentiles as declared
        on latencies.service = declared.service and latencies.quantile = declared.quantile
    where
        latencies.quantile = 0.95
        or (latencies.family = 'e2e' and (latencies.quantile in (0.5, 0.99) or declared.service is not null))
),

slis as (
    select
        service,
        sli,
        sli_input,
        case sli when 'throughput_tps' then 'tokens/s' when 'throughput_rps' then 'requests/s' else 'share' end as unit,
        value as current,
        low,
        high,
        cast(null as double) as bucket_low,
        cast(null as double) as bucket_high,
        cast(null as boolean) as censored,
        cast(null as boolean) as floored,
        cast(null as boolean) as forced_monotonic,
        n_days,
        events
    from {{ ref('int_sli__ratio_baseline') }}
    union all
    select
        service,
        {{ latency_sli('family', 'quantile') }} as sli,
        family as sli_input,
        'ms' as unit,
        latency_ms as current,
        low,
        high,
        bucket_low,
        bucket_high,
        censored,
        floored,
        forced_monotonic,
        n_days,
        events
    from percentiles
),

coverage as (
    select
        slots.service,
        slots.sli_input,
        sum(slots.coverage) / any_value(audit.window_days) as coverage
    from {{ ref('int_sli__slots') }} as slots
    cross join audit
    group by slots.service, slots.sli_input
),

epochs as (
    select
        service,
        family,
        count(*) as bucket_epochs,
        max(share_of_events) filter (where is_headline) as epoch_share
    from {{ ref('int_sli__bucket_epochs') }}
    group by service, family
),

read_from as (
    select
        service,
        sli_input,
        list_sort(list(distinct metric)) as metrics
    from {{ ref('int_sli__sources') }}
    group by service, sli_input
)

select
    slis.service,
    slis.sli,
    slis.unit,
    slis.current,
    slis.low,
    slis.high,
    slis.bucket_low,
    slis.bucket_high,
    slis.censored,
    slis.floored,
    slis.forced_monotonic,
    slis.n_days,
    cast(round(slis.events) as bigint) as n_events,
    coverage.coverage,
    epochs.bucket_epochs,
    epochs.epoch_share,
    read_from.metrics
from slis
left join coverage
    on slis.service = coverage.service and slis.sli_input = coverage.sli_input
left join epochs
    on slis.service = epochs.service and slis.sli_input = epochs.family and slis.unit = 'ms'
left join read_from
    on slis.service = read_from.service and slis.sli_input = read_from.sli_input
