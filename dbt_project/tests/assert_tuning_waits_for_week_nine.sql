-- Roadmap items that tune before week 9: without a baseline nobody could tell whether they helped.
{{ config(tags=['evidence']) }}
select
    item_id,
    phase
from {{ ref('fct_roadmap_items') }}
where is_optimisation and phase <> '9-12'
