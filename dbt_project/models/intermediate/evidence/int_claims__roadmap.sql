-- One row a roadmap item as a claim: what is to be done, with the words of its benefit.
select
    'roadmap.' || items.item_id as claim_id,
    'roadmap' as track,
    items.item_id as subject,
    items.title as statement,
    cast(null as double) as value,
    items.problem as value_text,
    cast(null as varchar) as unit,
    cast(null as double) as low,
    cast(null as double) as high,
    'derived' as status,
    cast(null as double) as coverage,
    'fct_roadmap_items' as relation,
    'select problem as value from fct_roadmap_items where item_id = ''' || replace(items.item_id, '''', '''''') || '''' as query,
    digests.inputs_digest
from {{ ref('fct_roadmap_items') }} as items
cross join ({{ everything_digest() }}) as digests
