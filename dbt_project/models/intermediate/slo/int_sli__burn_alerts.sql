-- One row a service, SLI, source of an objective and five minutes: whether the burn-rate policy pages or tickets then.
-- The policy is that of `assay slo rules` over 30 days. Page: 14.4 budgets over 1 h and 5 min, or 6 over 6 h and 30 min. Ticket: 3 over
-- 1 d and 2 h, or 1 over 3 d and 6 h.
select
    objectives.service,
    objectives.sli,
    objectives.objective_source,
    burn.bucket_start,
    coalesce(
        least(burn.bad_1h, burn.bad_5m) > 14.4 * (1 - objectives.objective)
        or least(burn.bad_6h, burn.bad_30m) > 6 * (1 - objectives.objective),
        false
    ) as is_page,
    coalesce(
        least(burn.bad_1d, burn.bad_2h) > 3 * (1 - objectives.objective)
        or least(burn.bad_3d, burn.bad_6h) > 1 - objectives.objective,
        false
    ) as is_ticket,
    burn.bad_1h
from {{ ref('int_sli__objectives') }} as objectives
inner join {{ ref('int_sli__burn') }} as burn
    on objectives.service = burn.service and objectives.sli = burn.sli
