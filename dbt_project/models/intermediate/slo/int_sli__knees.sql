-- One row a service with a measured queue: the throughput at the knee, requests/s. Hours are cut into tenths by load; the knee is the load
-- of the last tenth before waiting rises. It has risen where a tenth's median wait is over twice that of the idler half, and over 100 ms
-- (queue time) or one request (queue length). Where it never rises the knee is unknown: the largest load seen is a lower limit of it.
{%- set least_hours = 72 %}
with hours as (
    select
        service,
        hour,
        requests_per_second as load,
        coalesce(queue_p95_ms, requests_waiting) as waiting,
        if(queue_p95_ms is not null, 'ms', 'requests') as waiting_unit
    from {{ ref('int_sli__saturation_hourly') }}
    where requests_per_second > 0
),

-- one measure of waiting a service: the time where there is one
measured as (
    select
        service,
        load,
        waiting,
        waiting_unit,
        ntile(10) over (partition by service order by load, hour) as tenth
    from hours
    where waiting is not null
    qualify waiting_unit = min(waiting_unit) over (partition by service) and count(*) over (partition by service) >= {{ least_hours }}
),

tenths as (
    select
        service,
        tenth,
        any_value(waiting_unit) as waiting_unit,
        max(load) as load,
        median(waiting) as waiting
    from measured
    group by service, tenth
),

usual as (
    select
        service,
        median(waiting) as waiting
    from measured
    where tenth <= 5
    group by service
),

judged as (
    select
        tenths.*,
        usual.waiting as usual_waiting,
        tenths.tenth > 5
        and tenths.waiting > 2 * usual.waiting
        and tenths.waiting > if(tenths.waiting_unit = 'ms', 100, 1) as has_risen
    from tenths
    inner join usual
        on tenths.service = usual.service
),

knees as (
    select
        service,
        any_value(waiting_unit) as waiting_unit,
        any_value(usual_waiting) as usual_waiting,
        min(tenth) filter (where has_risen) as risen_at,
        max(load) as highest_load,
        arg_max(waiting, tenth) as waiting_at_highest
    from judged
    group by service
)

select
    knees.service,
    tenths.load as knee,
    knees.highest_load,
    knees.usual_waiting,
    coalesce(risen.waiting, knees.waiting_at_highest) as waiting_beyond,
    knees.waiting_unit
from knees
left join tenths
    on knees.service = tenths.service and knees.risen_at - 1 = tenths.tenth
left join tenths as risen
    on knees.service = risen.service and knees.risen_at = risen.tenth
