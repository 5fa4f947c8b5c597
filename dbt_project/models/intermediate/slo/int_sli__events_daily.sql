-- One row a service, SLI and day: good and total events.
select
    service,
    sli,
    if(sli = 'availability', 'requests_by_status', 'e2e') as sli_input,
    cast(bucket_start as date) as day,
    least(sum(good), sum(total)) as good,
    sum(total) as total
from {{ ref('int_sli__events_5m') }}
group by service, sli, cast(bucket_start as date)
