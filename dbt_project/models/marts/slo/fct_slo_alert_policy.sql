-- One row a service, SLI and source of an objective: what the burn-rate alerts of that objective can and cannot see at this traffic.
with objectives as (
    select
        service,
        sli,
        objective_source,
        objective,
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
)

select
    objectives.service,
    objectives.sli,
    objectives.objective_source,
    objectives.objective,
    -- no share of errors passes 1: an alert that waits for more never fires
    6 * objectives.budget < 1 as page_can_fire,
    objectives.budget < 1 as ticket_can_fire,
    traffic.events_an_hour,
    traffic.events_a_quiet_hour,
    case
        when 14.4 * objectives.budget < 1
            then cast(floor(14.4 * objectives.budget * traffic.events_an_hour) + 1 as bigint)
    end as failures_an_hour_to_page,
    14.4 * objectives.budget * traffic.events_a_quiet_hour < 1 as one_failure_pages,
    case
        when 6 * objectives.budget >= 1
            then
                'a page can never fire: it waits for 6 times a budget of ' || {{ percent_text('objectives.budget') }}
                || ', and no more than all requests can fail'
        when traffic.events_an_hour is null then 'no traffic was seen'
        when 14.4 * objectives.budget * traffic.events_a_quiet_hour < 1
            then
                'too little traffic: in a quiet hour of ' || {{ whole_number('traffic.events_a_quiet_hour') }}
                || ' requests one failure is a page; alert on longer windows, or send synthetic requests'
    end as warning
from objectives
left join traffic
    on objectives.service = traffic.service and objectives.sli = traffic.sli
