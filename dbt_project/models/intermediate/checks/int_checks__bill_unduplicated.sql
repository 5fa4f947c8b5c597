-- One row a billing source and day with charges: whether charges were delivered again by another file.
with kept as (
    select
        source,
        day,
        cast(sum(effective_cost) as double) as effective_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    group by all
),

again as (
    select
        source,
        day,
        sum(rows) as rows,
        cast(sum(effective_cost) as double) as effective_cost,
        string_agg(distinct source_uri, ', ' order by source_uri) as files
    from {{ ref('int_billing__duplicates') }}
    group by all
)

select
    kept.source,
    cast(kept.day as varchar) as subject,
    again.rows is null as ok,
    kept.effective_cost + coalesce(again.effective_cost, 0) as console_value,
    kept.effective_cost as true_value,
    'currency' as unit,
    again.effective_cost as cost_at_stake,
    coalesce(again.rows || ' charges of ' || kept.source || ' on ' || kept.day || ' came again in ' || again.files, 'delivered once')
        as detail
from kept
left join again
    on kept.source = again.source and kept.day = again.day
