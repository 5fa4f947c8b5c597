-- One row a service, SLI and source of an objective (declared, proposed): what is promised of which SLI, over which window.
with proposals as (
    select
        service,
        sli,
        objective,
        threshold,
        window_days
    from {{ ref('fct_slo_proposal') }}
),

services as (
    select
        service,
        availability_objective
    from {{ ref('stg_declared__services') }}
),

thresholds as (
    select
        service,
        sli,
        percentile
    from {{ ref('int_sli__latency_thresholds') }}
    where origin = 'declared' and is_bound
),

windows as (
    select
        service,
        any_value(window_days) as window_days
    from proposals
    group by service
),

named as (
    select
        service,
        'availability' as sli,
        'declared' as objective_source,
        availability_objective as objective
    from services
    union all
    select
        service,
        sli,
        'declared' as objective_source,
        percentile / 100 as objective
    from thresholds
    union all
    select
        service,
        if(sli = 'availability', sli, 'latency_within_' || {{ plain_number('threshold') }} || 'ms') as sli,
        'proposed' as objective_source,
        objective
    from proposals
)

select
    named.service,
    named.sli,
    named.objective_source,
    named.objective,
    windows.window_days
from named
inner join windows
    on named.service = windows.service
where named.objective is not null
