-- One row a declared source: whether it delivered anything for the window. An incident source may be read and hold no incident.
with delivered as (
    select
        source,
        source_group,
        sum(rows_loaded) as rows_loaded,
        count(*) filter (where len(uris) > 0) as partitions_read,
        max(gap_reason) as gap_reason
    from {{ ref('meta_sources') }}
    where source_group <> 'declared'
    group by all
)

select
    source,
    source as subject,
    rows_loaded > 0 or (source_group in ('incidents', 'manifests') and partitions_read > 0) as ok,
    cast(null as double) as console_value,
    cast(rows_loaded as double) as true_value,
    'rows' as unit,
    cast(null as double) as cost_at_stake,
    source_group || ' source ' || source || ': ' || coalesce(gap_reason, 'delivered') as detail
from delivered
