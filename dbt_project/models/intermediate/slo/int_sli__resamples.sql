-- One row a service, SLI input, resample and day drawn: how often the day was drawn. The day-block bootstrap of every interval.
-- A day is the block because hours of a day are alike; drawing single requests would make the interval far too narrow.
-- The draw is a hash of (service, input, resample, position), so the same days always give the same interval.
with days as (
    select
        service,
        sli_input,
        day,
        row_number() over (partition by service, sli_input order by day) - 1 as position,
        count(*) over (partition by service, sli_input) as n_days
    from {{ ref('int_sli__slots') }}
),

resamples as (
    select unnest(range({{ var('bootstrap_resamples', 200) }})) as resample
),

draws as (
    select
        days.service,
        days.sli_input,
        resamples.resample,
        md5_number_lower(concat_ws('|', days.service, days.sli_input, resamples.resample, days.position)) % days.n_days as drawn
    from days
    cross join resamples
    where days.n_days >= {{ var('bootstrap_min_days', 7) }}
)

select
    draws.service,
    draws.sli_input,
    draws.resample,
    days.day,
    count(*) as weight
from draws
inner join days
    on draws.service = days.service and draws.sli_input = days.sli_input and draws.drawn = days.position
group by all
