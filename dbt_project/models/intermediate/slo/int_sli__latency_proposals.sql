-- One row a declared service: the latency to promise, and the paragraph that says why.
with services as (
    select
        service,
        consumer,
        coalesce(availability_window_days, 30) as window_days,
        tolerance_latency_ms
    from {{ ref('stg_declared__services') }}
),

baseline as (
    select
        service,
        sli,
        n_days,
        metrics
    from {{ ref('fct_slo_baseline') }}
),

joined as (
    select
        objectives.*,
        services.consumer,
        services.window_days,
        services.tolerance_latency_ms,
        baseline.n_days,
        baseline.metrics
    from {{ ref('int_sli__latency_objectives') }} as objectives
    inner join services
        on objectives.service = services.service
    left join baseline
        on objectives.service = baseline.service and objectives.sli = baseline.sli
),

sentences as (
    select
        *,
        case
            when current is null then 'Latency is unknown: ' || reason || '.'
            else
                'In ' || n_days || ' days the ' || {{ plain_number('percentile') }} || 'th percentile of '
                || {{ whole_number('n_events') }} || ' finished requests was '
                || case
                    when censored then 'beyond the top bucket bound of ' || {{ plain_number('current') }} || ' ms'
                    else
                        {{ ms_text('current') }} || ' ms, in the bucket from ' || {{ plain_number('bucket_low') }} || ' to '
                        || {{ plain_number('bucket_high') }} || ' ms'
                        || coalesce(
                            ' (95 % interval over days: ' || {{ ms_text('low') }} || ' to ' || {{ ms_text('high') }} || ' ms)', ''
                        )
                end || ', read from ' || array_to_string(metrics, ', ') || '; requests given up before the end are not in it.'
        end as experience_says,
        case
            when declared_between_bounds
                then
                    'The declared ' || {{ plain_number('percentile') }} || ' % within ' || {{ plain_number('declared_ms') }}
                    || ' ms is not measurable: the histogram has no bucket bound there ('
                    || concat_ws(
                        ', ',
                        'the next below is ' || {{ plain_number('bound_below') }} || ' ms',
                        'the next above is ' || {{ plain_number('bound_above') }} || ' ms'
                    )
                    || '), and a share read between two bounds would be a guess. Add the bucket, or promise one of those bounds.'
            when is_contradicted
                then
                    'The declared ' || {{ plain_number('declared_ms') }} || ' ms is not met: ' || {{ percent_text('declared_share') }}
                    || ' of requests were within it, not ' || {{ percent_text('target') }} || '.'
            when declared_share is not null
                then
                    'The declared ' || {{ plain_number('declared_ms') }} || ' ms is met: ' || {{ percent_text('declared_share') }}
                    || ' of requests were within it.'
            when declared_ms is not null then 'The declared ' || {{ plain_number('declared_ms') }} || ' ms could not be tested.'
        end as declared_says,
        'The consumer is said to bear ' || {{ plain_number('tolerance_latency_ms') }} || ' ms.' as tolerance_says,
        case
            when objective_ms is not null
                then
                    'We propose ' || {{ percent_text('target') }} || ' of requests within ' || {{ plain_number('objective_ms') }}
                    || ' ms over ' || window_days || ' days (consumer: ' || coalesce(consumer, 'nobody named one') || '): '
                    || if(
                        objective_ms = declared_ms,
                        'the declared threshold, which the history supports and a bucket bound measures exactly.',
                        'the first bucket bound above what was achieved, so that it is measured and not estimated.'
                    )
                    || if(
                        objective_ms > tolerance_latency_ms,
                        ' That is more than the consumer bears: the service has to get faster before this is worth promising.', ''
                    )
            when censored then 'No threshold is proposed: it would lie beyond the top bucket bound.'
            when current is not null and not coalesce(declared_between_bounds, false)
                then 'No threshold is proposed: the history is too short to support one.'
        end as proposal_says
    from joined
)

select
    service,
    sli,
    consumer,
    if(objective_ms is null, null, target) as objective,
    coalesce(objective_ms, declared_ms) as threshold,
    'ms' as threshold_unit,
    window_days,
    concat_ws(' ', proposal_says, declared_says, tolerance_says, experience_says) as rationale,
    current is not null and not coalesce(declared_between_bounds, false) as measurable,
    case
        when is_contradicted then 'contradicted'
        when objective_ms is null then 'unknown'
        else 'derived'
    end as status,
    if(declared_ms is null, null, target) as declared_objective,
    declared_ms as declared_threshold,
    false as folklore,
    cast(null as varchar[]) as gpu_models
from sentences
