-- One row a roadmap item, generated from evidence. Tuning waits for weeks 9-12: before, there is no baseline to tune against.
select
    rank,
    item_id,
    phase,
    title,
    problem,
    evidence,
    owner,
    owner_source,
    effort_days,
    metric,
    metric_from,
    metric_to,
    benefit,
    benefit_unit,
    claim_ids,
    is_optimisation,
    depends_on
from {{ ref('int_roadmap__planned') }}
where phase is not null
