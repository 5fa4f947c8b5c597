-- One row a day, service and SLI. A day without samples has no row: a gap is not filled.
with slots as (
    select
        service,
        sli_input,
        day,
        coverage,
        slot_seconds
    from {{ ref('int_sli__slots') }}
),

ratios as (
    select
        day,
        service,
        sli,
        sli_input,
        'share' as unit,
        good,
        total,
        good / nullif(total, 0) as value,
        {{ wilson_bound('good', 'total', '-1') }} as low,
        {{ wilson_bound('good', 'total', '+1') }} as high,
        cast(null as boolean) as censored
    from {{ ref('int_sli__events_daily') }}
),

percentiles as (
    select
        day,
        service,
        {{ latency_sli('family', 'quantile') }} as sli,
        family as sli_input,
        'ms' as unit,
        cast(null as double) as good,
        events as total,
        latency_ms as value,
        bucket_low as low,
        bucket_high as high,
        censored
    from {{ ref('int_sli__latency_daily') }}
    where family = 'e2e' or quantile = 0.95
),

throughput as (
    select
        day,
        service,
        sli,
        sli_input,
        if(sli = 'throughput_tps', 'tokens/s', 'requests/s') as unit,
        cast(null as double) as good,
        events as total,
        events / nullif(seconds, 0) as value,
        cast(null as double) as low,
        cast(null as double) as high,
        cast(null as boolean) as censored
    from {{ ref('int_sli__throughput_daily') }}
),

slis as (
    select
        day,
        service,
        sli,
        sli_input,
        unit,
        good,
        total,
        value,
        low,
        high,
        censored
    from ratios
    union all
    select
        day,
        service,
        sli,
        sli_input,
        unit,
        good,
        total,
        value,
        low,
        high,
        censored
    from percentiles
    union all
    select
        day,
        service,
        sli,
        sli_input,
        unit,
        good,
        total,
        value,
        low,
        high,
        censored
    from throughput
)

select
    slis.day,
    slis.service,
    slis.sli,
    slis.unit,
    slis.good,
    slis.total,
    slis.value,
    slis.low,
    slis.high,
    slis.censored,
    slots.coverage,
    slots.slot_seconds
from slis
left join slots
    on slis.service = slots.service and slis.sli_input = slots.sli_input and slis.day = slots.day
