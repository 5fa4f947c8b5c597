-- Roadmap items with an item that they depend on at a later rank.
{{ config(tags=['evidence']) }}
with items as (
    select
        rank,
        item_id,
        unnest(depends_on) as needed
    from {{ ref('fct_roadmap_items') }}
)

select
    items.item_id,
    items.needed
from items
left join {{ ref('fct_roadmap_items') }} as earlier
    on items.needed = earlier.item_id
where earlier.rank is null or earlier.rank > items.rank
