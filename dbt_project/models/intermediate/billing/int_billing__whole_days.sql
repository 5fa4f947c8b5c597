-- One row a day of the window that bills cover: every source that has begun to bill has a bill. Amounts of days are compared or scaled to
-- longer times only among these; on another day a sum lacks what a source has not delivered.
with sources_by_day as (
    select
        cast(subject as date) as day,
        ok,
        coalesce(cast(subject as date) > min(cast(subject as date)) filter (where ok) over (partition by source), false) as has_begun
    from {{ ref('int_checks__bill_complete') }}
)

select day
from sources_by_day
group by day
having bool_or(ok) and bool_and(ok or not has_begun)
