-- The one audit.
select
    audit,
    currency,
    window_start,
    window_end,
    stakeholder,
    review_date,
    review_attendees,
    cost_owner,
    reliability_owner,
    slo_owner,
    roadmap_owner,
    allowed_regions,
    peak_hours,
    required_tags,
    mirrors,
    shared_cost,
    days_per_owner
from {{ source('lake', 'declared_audit') }}
