-- One row a source, day and file that delivered charges again.
select
    source,
    charge_period_start::date as day,
    source_uri,
    count(*) as rows,
    sum(effective_cost) as effective_cost
from {{ ref('int_billing__charge_occurrences') }}
where delivery > 1
group by all
