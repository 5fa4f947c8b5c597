-- One row a service, throughput SLI and day: events, and the seconds that samples cover.
-- Requests come from the counter by status, else from the runtime's counter of finished requests; tokens are output tokens.
with counted as (
    select
        sources.service,
        sources.sli_input,
        sources.day,
        sum(counters.increase) as events
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('int_sli__sources') }} as sources
        on
            counters.source = sources.source
            and counters.series_id = sources.series_id
            and cast(counters.bucket_start as date) = sources.day
    where
        sources.sli_input in ('requests_by_status', 'requests_finished', 'output_tokens')
        and coalesce(sources.outcome, '') <> 'bad_of_all'
    group by all
),

named as (
    select
        *,
        if(sli_input = 'output_tokens', 'throughput_tps', 'throughput_rps') as sli
    from counted
),

-- one counter over the whole window: two may count different things
chosen as (
    select *
    from named
    qualify dense_rank() over (partition by service, sli order by sli_input = 'requests_finished') = 1
)

select
    chosen.service,
    chosen.sli,
    chosen.sli_input,
    chosen.day,
    chosen.events,
    slots.slots * slots.slot_seconds as seconds
from chosen
inner join {{ ref('int_sli__slots') }} as slots
    on chosen.service = slots.service and chosen.sli_input = slots.sli_input and chosen.day = slots.day
where chosen.events is not null
