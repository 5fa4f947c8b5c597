-- One row a service, SLI and source of an objective: what the burn-rate alerts of that objective can and cannot see at this traffic.
with objectives as (
    select
        service,
        sli,
        objective_source,
        objective,
        window_days,
        round(1 - objective, 10) as budget
    from {{ ref('int_sli__objectives') }}
),

hourly as (
    select
        service,
        sli,
        date_trunc('hour', bucket_start) as hour,
        sum(total) as events
    from {{ ref('int_sli__events_5m') }}
    group by all
),

traffic as (
    select
        service,
        sli,
        median(events) as events_an_hour,
        quantile_cont(events, 0.05) as events_a_quiet_hour
    from hourly
    group by service, sli
),

policies as (
    select
        objectives.*,
        least(rates.page_quick, rates.page_slow) as least_page_rate,
        least(rates.ticket_quick, rates.ticket_slow) * objectives.budget as least_ticket_share,
        least(rates.page_quick, rates.page_slow) * objectives.budget as least_page_share,
        rates.page_quick * objectives.budget as page_share_1h
    from objectives
    left join {{ ref('int_sli__burn_rates') }} as rates
        on objectives.window_days = rates.window_days
)

select
    policies.service,
    policies.sli,
    policies.objective_source,
    policies.objective,
    -- no share of errors passes 1: an alert that waits for more never fires
    policies.least_page_share < 1 as page_can_fire,
    policies.least_ticket_share < 1 as ticket_can_fire,
    traffic.events_an_hour,
    traffic.events_a_quiet_hour,
    case
        when policies.page_share_1h < 1
            then cast(floor(policies.page_share_1h * traffic.events_an_hour) + 1 as bigint)
    end as failures_an_hour_to_page,
    policies.page_share_1h * traffic.events_a_quiet_hour < 1 as one_failure_pages,
    case
        when policies.least_page_rate is null
            then 'no burn-rate alerts are known for a window of ' || policies.window_days || ' days; 30, 28 and 7 have some'
        when policies.least_page_share >= 1
            then
                'a page can never fire: it waits for ' || {{ plain_number('policies.least_page_rate') }} || ' times a budget of '
                || {{ percent_text('policies.budget') }} || ', and no more than all requests can fail'
        when traffic.events_an_hour is null then 'no traffic was seen'
        when policies.page_share_1h * traffic.events_a_quiet_hour < 1
            then
                'too little traffic: in a quiet hour of ' || {{ whole_number('traffic.events_a_quiet_hour') }}
                || ' requests one failure is a page; alert on longer windows, or send synthetic requests'
    end as warning
from policies
left join traffic
    on policies.service = traffic.service and policies.sli = traffic.sli
