-- One row an item to fix, worst first, with how its place moves when the efforts are wrong by up to a half.
select
    items.rank,
    items.item,
    items.mode_or_spof,
    items.evidence,
    items.severity,
    items.effort_days,
    items.effort_source,
    items.benefit,
    items.benefit_unit,
    items.claim_id,
    stability.place,
    stability.place_low,
    stability.place_high,
    stability.keeps_place_share
from {{ ref('int_fix_first__items') }} as items
left join {{ ref('int_fix_first__stability') }} as stability
    on items.mode_or_spof = stability.mode_or_spof
