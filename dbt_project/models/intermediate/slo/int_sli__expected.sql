-- One row a declared service and SLI that a reader will ask for, measured or not, and the promise about it.
with services as (
    select
        service,
        coalesce(latency_percentile, 95) as percentile,
        latency_threshold_ms,
        tolerance_latency_ms,
        tolerance_timeout_ms,
        availability_objective
    from {{ ref('stg_declared__services') }}
),

percentiles as (
    select distinct
        service,
        unnest([95, percentile]) as percentile
    from services
),

thresholds as (
    select
        service,
        sli,
        any_value(percentile) as percentile,
        bool_or(origin = 'declared') as is_declared,
        any_value(threshold_ms) as threshold_ms,
        any_value(has_histogram) as has_histogram,
        any_value(is_bound) as is_bound,
        any_value(bound_below) as bound_below,
        any_value(bound_above) as bound_above
    from {{ ref('int_sli__latency_thresholds') }}
    group by service, sli
),

expected as (
    select
        service,
        'availability' as sli,
        'requests_by_status' as sli_input,
        'share' as unit,
        availability_objective as required,
        cast(null as double) as tolerance
    from services
    union all
    select
        services.service,
        {{ latency_sli("'e2e'", 'percentiles.percentile / 100') }} as sli,
        'e2e' as sli_input,
        'ms' as unit,
        case
            when services.percentile = percentiles.percentile
                -- what takes longer than the consumer waits is a failure to it
                then coalesce(services.latency_threshold_ms, least(services.tolerance_latency_ms, services.tolerance_timeout_ms))
        end as required,
        case when services.percentile = percentiles.percentile then services.tolerance_latency_ms end as tolerance
    from services
    inner join percentiles
        on services.service = percentiles.service
    union all
    select
        service,
        sli,
        'e2e' as sli_input,
        'share' as unit,
        case when is_declared then percentile / 100 end as required,
        cast(null as double) as tolerance
    from thresholds
)

select
    expected.*,
    case
        when expected.sli = 'availability'
            then
                'no request counter with a status code: http_requests_total{status|code}, istio_requests_total or '
                || 'nginx_ingress_controller_requests; a runtime''s counter of finished requests cannot show the failed ones'
        when thresholds.has_histogram and not thresholds.is_bound
            then
                {{ plain_number('thresholds.threshold_ms') }} || ' ms is no bucket bound of the histogram; '
                || case
                    when thresholds.bound_below is null then 'the first bound is ' || {{ plain_number('thresholds.bound_above') }} || ' ms'
                    when thresholds.bound_above is null then 'the top bound is ' || {{ plain_number('thresholds.bound_below') }} || ' ms'
                    else
                        'the nearest bounds are ' || {{ plain_number('thresholds.bound_below') }}
                        || ' ms and ' || {{ plain_number('thresholds.bound_above') }} || ' ms'
                end
        when endless.metrics is not null
            then
                'the histogram ' || array_to_string(endless.metrics, ', ')
                || ' has no bucket +Inf, so nobody knows how many requests it counted: export that bucket'
        else
            'no latency histogram: vllm:e2e_request_latency_seconds (or another runtime''s), '
            || 'http_request_duration_seconds, istio or nginx'
    end as reason_if_unknown
from expected
left join thresholds
    on expected.service = thresholds.service and expected.sli = thresholds.sli
left join {{ ref('int_sli__endless_histograms') }} as endless
    on expected.service = endless.service and expected.sli_input = endless.sli_input
