-- One row a declared service: the availability to promise, and the paragraph that says why.
with services as (
    select
        service,
        consumer,
        coalesce(availability_window_days, 30) as window_days,
        tolerance_retries as retries,
        tolerance_timeout_ms as timeout_ms
    from {{ ref('stg_declared__services') }}
),

baseline as (
    select
        service,
        n_days,
        coverage,
        ceiling_arithmetic,
        reason
    from {{ ref('fct_slo_baseline') }}
    where sli = 'availability'
),

-- what takes longer than the consumer waits is a failure to it
within_timeout as (
    select
        thresholds.service,
        within.current as share
    from {{ ref('int_sli__latency_thresholds') }} as thresholds
    inner join {{ ref('fct_slo_baseline') }} as within
        on thresholds.service = within.service and thresholds.sli = within.sli
    where thresholds.origin = 'timeout' and thresholds.is_bound
),

joined as (
    select
        objectives.*,
        services.consumer,
        services.window_days,
        services.retries,
        services.timeout_ms,
        within_timeout.share as in_time,
        case when within_timeout.share is not null then greatest(objectives.current + within_timeout.share - 1, 0) end as in_time_and_good,
        baseline.n_days,
        baseline.coverage,
        baseline.ceiling_arithmetic,
        baseline.reason,
        objectives.n_events / baseline.n_days * services.window_days * (1 - objectives.objective) as failures_allowed
    from {{ ref('int_sli__availability_objectives') }} as objectives
    inner join services
        on objectives.service = services.service
    inner join baseline
        on objectives.service = baseline.service
    left join within_timeout
        on objectives.service = within_timeout.service
),

experienced as (
    select
        *,
        pow(1 - coalesce(in_time_and_good, current), retries + 1) as lost_after_retries
    from joined
),

sentences as (
    select
        *,
        case
            when current is null then 'Availability is unknown: ' || reason || '.'
            else
                'In ' || n_days || ' days ' || {{ percent_text('current') }} || ' of ' || {{ whole_number('n_events') }}
                || ' requests succeeded'
                || coalesce(
                    ' (95 % interval over days: ' || {{ percent_text('low') }} || ' to ' || {{ percent_text('high') }} || ')', ''
                )
                || '; samples cover ' || {{ percent_text('coverage') }} || ' of the window.'
        end as experience_says,
        'The worst 28 days, ' || worst_28_days_from || ' to ' || worst_28_days_to || ', had ' || {{ percent_text('worst_28_days') }}
        || ' (lower end of their interval: ' || {{ percent_text('worst_28_days_low') }} || ').' as worst_says,
        case
            when timeout_ms is null or current is null then null
            when in_time is null
                then
                    'The consumer gives up after ' || {{ plain_number('timeout_ms') }}
                    || ' ms; how many requests took longer is not measured, so what it sees is unknown.'
            else
                'The consumer gives up after ' || {{ plain_number('timeout_ms') }} || ' ms, and ' || {{ percent_text('in_time') }}
                || ' of requests finished by then: to it at least ' || {{ percent_text('in_time_and_good') }}
                || ' succeed, if both metrics count the same requests.'
        end as timeout_says,
        case
            when retries = 0 then 'It does not retry, so every failure reaches it.'
            when retries > 0 and current is not null and (timeout_ms is null or in_time is not null)
                then
                    'With ' || retries || if(retries = 1, ' retry', ' retries') || ' it loses at best '
                    || if(
                        lost_after_retries < 1e-9, 'less than one request in 1,000,000,000',
                        'one request in ' || {{ whole_number('1 / greatest(lost_after_retries, 1e-9)') }}
                    )
                    || ', if tries fail independently; in an outage they fail together.'
        end as retries_say,
        case
            when retries > 0 and declared < 1
                then
                    'So that it sees ' || {{ percent_text('declared') }} || ', each try has to succeed in at least '
                    || {{ percent_text('1 - pow(1 - declared, 1.0 / (retries + 1))') }} || ' of cases, if tries fail independently.'
        end as each_try_says,
        case
            when ceiling is not null
                then 'What it depends on allows at most ' || {{ percent_text('ceiling') }} || ' (' || ceiling_arithmetic || ').'
            when ceiling_arithmetic is not null
                then 'What it depends on allows an unknown share (' || ceiling_arithmetic || ').'
        end as ceiling_says,
        case
            when is_contradicted
                then
                    'The declared ' || {{ percent_text('declared') }} || ' is not met: the failures are '
                    || coalesce({{ plain_number('round(budgets_spent, 1)') }} || ' times its error budget.', 'more than none.')
            when declared is not null and current is not null then 'The declared ' || {{ percent_text('declared') }} || ' is met.'
            when declared is not null then 'The declared ' || {{ percent_text('declared') }} || ' could not be tested.'
        end as declared_says,
        'it allows one failure in ' || {{ whole_number('1 / nullif(1 - declared, 0)') }}
        || ' requests, and one in ' || {{ whole_number('1 / nullif(1 - current, 0)') }} || ' failed' as folklore_by_history,
        if(declared > ceiling, 'it is above the ceiling, so not even a perfect service could keep it', null) as folklore_by_ceiling,
        if(
            len(inference_class_models) > 0,
            'it runs on ' || array_to_string(inference_class_models, ', ') || ', consumer or inference-class GPUs',
            null
        ) as folklore_by_hardware,
        case
            when objective is not null
                then
                    'We propose ' || {{ percent_text('objective') }} || ' over ' || window_days || ' days (consumer: '
                    || coalesce(consumer, 'nobody named one') || '), the first step below '
                    || case
                        when ceiling < kept then 'the ceiling'
                        when worst_28_days_low is not null then 'the lower end of the worst 28 days'
                        else 'the lower end of what was achieved'
                    end || ': about '
                    || {{ whole_number('failures_allowed') }} || ' requests may fail in a window at this traffic.'
            when current is not null and low is null
                then 'No objective is proposed: fewer than {{ var("bootstrap_min_days", 7) }} days have data.'
            when current is not null then 'No objective is proposed: the history supports none of our steps.'
        end as proposal_says
    from experienced
)

select
    service,
    'availability' as sli,
    consumer,
    objective,
    cast(null as double) as threshold,
    cast(null as varchar) as threshold_unit,
    window_days,
    concat_ws(
        ' ',
        proposal_says,
        declared_says,
        case
            when folklore
                then
                    {{ percent_text('declared') }} || ' is folklore: '
                    || concat_ws('; ', folklore_by_history, folklore_by_ceiling, folklore_by_hardware) || '.'
        end,
        experience_says,
        worst_says,
        ceiling_says,
        timeout_says,
        retries_say,
        each_try_says
    ) as rationale,
    current is not null as measurable,
    case
        when is_contradicted then 'contradicted'
        when objective is null then 'unknown'
        else 'derived'
    end as status,
    declared as declared_objective,
    cast(null as double) as declared_threshold,
    folklore,
    gpu_models
from sentences
