-- One row a workload and ISO week: what its headline unit of work cost (gpu_only, allocated), on days with both a bill and a count.
select
    service,
    workload,
    kind,
    unit,
    cast(date_trunc('week', day) as date) as week,
    sum(units) as units,
    cast(sum(allocated_cost) as decimal(18, 6)) as cost,
    cast(sum(allocated_cost) / sum(units) as decimal(18, 9)) as cost_per_unit,
    cast(min(allocated_cost / nullif(units, 0)) as decimal(18, 9)) as lowest_day,
    cast(max(allocated_cost / nullif(units, 0)) as decimal(18, 9)) as highest_day,
    count(*) as n_days
from {{ ref('int_units__costed_days') }}
where is_headline and split_rule = 'gpu_only'
group by service, workload, kind, unit, date_trunc('week', day)
having sum(units) > 0
