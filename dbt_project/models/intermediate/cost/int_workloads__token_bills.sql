-- One row a workload bought by the token and day (day, workload): the charges outside GPU spend that carry every tag of match.billing_tags.
with buyers as (
    select
        service,
        workload,
        kind,
        map_entries(billing_tags) as tags
    from {{ ref('stg_declared__workloads') }}
    where cardinality(billing_tags) > 0
)

select
    charges.day,
    buyers.service,
    buyers.workload,
    buyers.kind,
    cast(sum(charges.effective_cost) as double) as cost,
    sum(charges.tokens) as tokens
from {{ ref('int_billing__other_charges') }} as charges
inner join buyers on list_has_all(map_entries(charges.tags), buyers.tags)
group by all
