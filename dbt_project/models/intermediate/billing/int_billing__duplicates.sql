-- One row a source, day and file that delivered charges again.
select
    source,
    day,
    source_uri,
    count(*) as rows,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from {{ ref('int_billing__redelivered_charges') }}
group by all
