-- One row a declared inference workload: tokens a minute as counted, beside requests a minute times the declared tokens of a request.
-- Only hours in which requests, prompt tokens and generated tokens were all scraped count, so that both sides are of the same hours.
-- A workload that neither declares nor counts tokens has no row.
{%- set tolerance = 0.1 %}
with workloads as (
    select
        service,
        workload,
        input_tokens + output_tokens as profile_tokens
    from {{ ref('stg_declared__workloads') }}
    where kind = 'inference'
),

amounts as (
    select
        workload,
        role,
        hour,
        counters,
        amount
    from {{ ref('int_units__hourly') }}
    where role in ('requests', 'prompt_tokens', 'generation_tokens')
),

seen as (
    select
        workload,
        list(distinct role) as roles
    from amounts
    group by workload
),

hours as (
    select
        workload,
        hour,
        sum(amount) filter (where role = 'requests') as requests,
        sum(amount) filter (where role <> 'requests') as tokens
    from amounts
    group by workload, hour
    having count(distinct role) = 3
),

measured as (
    select
        workload,
        count(*) as hours,
        sum(requests) / (60 * count(*)) as requests_per_minute,
        sum(tokens) / (60 * count(*)) as tokens_per_minute,
        max(tokens) / 60 as tokens_per_minute_peak,
        sum(tokens) / nullif(sum(requests), 0) as tokens_per_request
    from hours
    group by workload
),

compared as (
    select
        workloads.service,
        workloads.workload,
        coalesce(measured.hours, 0) as hours,
        measured.requests_per_minute,
        measured.tokens_per_request,
        measured.tokens_per_minute,
        measured.tokens_per_minute_peak,
        workloads.profile_tokens,
        measured.requests_per_minute * workloads.profile_tokens as tokens_per_minute_by_profile,
        coalesce(seen.roles, []) as roles
    from workloads
    left join measured
        on workloads.workload = measured.workload
    left join seen
        on workloads.workload = seen.workload
    where workloads.profile_tokens is not null or list_has_any(seen.roles, ['prompt_tokens', 'generation_tokens'])
)

select
    service,
    workload,
    hours,
    requests_per_minute,
    tokens_per_request,
    tokens_per_minute,
    tokens_per_minute_peak,
    profile_tokens as profile_tokens_per_request,
    tokens_per_minute_by_profile,
    case
        when tokens_per_minute is null or profile_tokens is null then 'unknown'
        when abs(tokens_per_minute_by_profile - tokens_per_minute) <= {{ tolerance }} * tokens_per_minute then 'held'
        else 'contradicted'
    end as verdict,
    nullif(concat_ws(
        '; ',
        case
            when hours > 0 then null
            when len(roles) = 3 then 'requests and tokens were never scraped in the same hour'
            else
                'no counter of ' || array_to_string(list_filter(
                    ['requests', 'prompt_tokens', 'generation_tokens'], lambda role: not list_contains(roles, role)
                ), ', ') || ' was scraped'
        end,
        if(profile_tokens is null, 'reference_profile declares no input_tokens and output_tokens', null)
    ), '') as reason
from compared
