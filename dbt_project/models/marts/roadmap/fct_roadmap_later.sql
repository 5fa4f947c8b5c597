-- One row an item that its owner has no time for within the 90 days. It is not dropped: it is what the next plan begins with.
select
    rank - (select count(*) from {{ ref('fct_roadmap_items') }}) as rank,
    item_id,
    title,
    problem,
    owner,
    effort_days,
    claim_ids
from {{ ref('int_roadmap__planned') }}
where phase is null
