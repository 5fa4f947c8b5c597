-- One row: the audit and its window, as declared.
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
    required_tags,
    days_per_owner
from {{ ref('stg_declared__audit') }}
