-- One row a day of a bill, currency and moment at which a later delivery changed what the day costs.
select
    source,
    day,
    restated_at at time zone 'UTC' as restated_at,
    coalesce(currency, 'unknown') as currency,
    previous_billed_cost::decimal(18, 6) as previous_billed_cost,
    billed_cost::decimal(18, 6) as billed_cost,
    (coalesce(billed_cost, 0) - coalesce(previous_billed_cost, 0))::decimal(18, 6) as billed_difference,
    previous_effective_cost::decimal(18, 6) as previous_effective_cost,
    effective_cost::decimal(18, 6) as effective_cost,
    (coalesce(effective_cost, 0) - coalesce(previous_effective_cost, 0))::decimal(18, 6) as effective_difference
from {{ source('lake', 'restatements') }}
