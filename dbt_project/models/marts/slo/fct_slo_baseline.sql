-- One row a service and SLI: what users get, what was promised, and what the services it stands on allow.
with measured as (
    select
        service,
        sli,
        unit,
        current,
        low,
        high,
        bucket_low,
        bucket_high,
        censored,
        floored,
        forced_monotonic,
        n_days,
        n_events,
        coverage,
        bucket_epochs,
        epoch_share,
        metrics
    from {{ ref('int_sli__measured') }}
),

expected as (
    select
        service,
        sli,
        unit,
        required,
        tolerance,
        reason_if_unknown
    from {{ ref('int_sli__expected') }}
),

worst_windows as (
    select
        service,
        sli,
        first_day,
        last_day,
        value,
        low,
        n_events
    from {{ ref('int_sli__worst_windows') }}
),

ceilings as (
    select
        service,
        'availability' as sli,
        ceiling,
        arithmetic
    from {{ ref('int_sli__ceilings') }}
    union all
    -- more load than at the knee only makes requests wait longer
    select
        service,
        'throughput_rps' as sli,
        knee as ceiling,
        case
            when knee is null
                then 'waiting never rose up to ' || {{ plain_number('highest_load') }} || ' requests/s, so the knee lies beyond'
            else
                'beyond ' || {{ plain_number('knee') }} || ' requests/s waiting rises from ' || {{ plain_number('usual_waiting') }}
                || ' to ' || {{ plain_number('waiting_beyond') }} || ' ' || waiting_unit
        end as arithmetic
    from {{ ref('int_sli__knees') }}
),

joined as (
    select
        coalesce(measured.service, expected.service) as service,
        coalesce(measured.sli, expected.sli) as sli,
        coalesce(measured.unit, expected.unit) as unit,
        measured.current,
        measured.low,
        measured.high,
        measured.bucket_low,
        measured.bucket_high,
        measured.censored,
        measured.floored,
        measured.forced_monotonic,
        expected.required,
        expected.tolerance,
        coalesce(measured.n_days, 0) as n_days,
        measured.n_events,
        measured.coverage,
        measured.bucket_epochs,
        measured.epoch_share,
        measured.metrics,
        case
            when measured.current is not null then null
            when measured.service is not null then 'the metric was scraped but counted no events'
            else expected.reason_if_unknown
        end as reason
    from measured
    full outer join expected
        on measured.service = expected.service and measured.sli = expected.sli
)

select
    joined.service,
    joined.sli,
    joined.unit,
    joined.current,
    joined.low,
    joined.high,
    joined.bucket_low,
    joined.bucket_high,
    joined.censored,
    joined.floored,
    joined.required,
    joined.tolerance,
    ceilings.ceiling,
    ceilings.arithmetic as ceiling_arithmetic,
    case
        when joined.current is null then null
        -- a share is bound from below, a latency from above
        when joined.unit = 'ms' then if(joined.required >= joined.current, 'required', 'current')
        when ceilings.ceiling < least(joined.current, coalesce(joined.required, joined.current)) then 'ceiling'
        when joined.required < joined.current then 'required'
        else 'current'
    end as binding,
    joined.n_days,
    joined.n_events,
    joined.coverage,
    joined.bucket_epochs,
    joined.epoch_share,
    joined.forced_monotonic,
    joined.metrics,
    joined.reason,
    worst_windows.value as worst_28_days,
    worst_windows.low as worst_28_days_low,
    worst_windows.first_day as worst_28_days_from,
    worst_windows.last_day as worst_28_days_to,
    cast(round(worst_windows.n_events) as bigint) as worst_28_days_events
from joined
left join worst_windows
    on joined.service = worst_windows.service and joined.sli = worst_windows.sli
left join ceilings
    on joined.service = ceilings.service and joined.sli = ceilings.sli
