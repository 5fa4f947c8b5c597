-- One row a service, SLI, source of an objective and five minutes: whether the burn-rate policy pages or tickets then.
-- The policy is that of `assay slo rules` over the objective's own window. A page looks at 1 h and 5 min, or 6 h and 30 min; a ticket at
-- 1 d and 2 h, or 3 d and 6 h. Null for a window without such a policy.
select
    objectives.service,
    objectives.sli,
    objectives.objective_source,
    burn.bucket_start,
    case
        when rates.window_days is not null
            then coalesce(
                least(burn.bad_1h, burn.bad_5m) > rates.page_quick * (1 - objectives.objective)
                or least(burn.bad_6h, burn.bad_30m) > rates.page_slow * (1 - objectives.objective),
                false
            )
    end as is_page,
    case
        when rates.window_days is not null
            then coalesce(
                least(burn.bad_1d, burn.bad_2h) > rates.ticket_quick * (1 - objectives.objective)
                or least(burn.bad_3d, burn.bad_6h) > rates.ticket_slow * (1 - objectives.objective),
                false
            )
    end as is_ticket,
    burn.bad_1h
from {{ ref('int_sli__objectives') }} as objectives
inner join {{ ref('int_sli__burn') }} as burn
    on objectives.service = burn.service and objectives.sli = burn.sli
left join {{ ref('int_sli__burn_rates') }} as rates
    on objectives.window_days = rates.window_days
