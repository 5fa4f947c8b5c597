-- One row a source that had rows: whether all of them could be read.
select
    source,
    source as subject,
    sum(rows_quarantined) = 0 as ok,
    cast(sum(rows_in) as double) as console_value,
    cast(sum(rows_loaded) as double) as true_value,
    'rows' as unit,
    cast(null as double) as cost_at_stake,
    sum(rows_quarantined) || ' of ' || sum(rows_in) || ' rows of ' || source || ' were set aside' as detail
from {{ ref('meta_sources') }}
where source_group <> 'declared'
group by source
having sum(rows_in) > 0
