-- One row a workload and point of its curve: what a unit of work cost at a utilisation, observed or extrapolated.
with points as (
    select unnest(range(1, 10)) as point
),

days as (
    select
        service,
        workload,
        kind,
        unit,
        day,
        units,
        allocated_cost as cost,
        gpu_hours_allocated,
        gpu_hours_active,
        gpu_hours_active / gpu_hours_allocated as utilisation
    from {{ ref('int_units__costed_days') }}
    where is_headline and split_rule = 'gpu_only' and gpu_hours_active is not null and gpu_hours_allocated > 0
),

tenths as (
    select
        service,
        workload,
        kind,
        unit,
        units,
        cost,
        gpu_hours_allocated,
        gpu_hours_active,
        ntile(10) over (partition by workload order by utilisation, day) as point
    from days
),

observed as (
    select
        service,
        workload,
        kind,
        unit,
        point,
        sum(gpu_hours_active) / sum(gpu_hours_allocated) as utilisation,
        sum(cost) / sum(units) as cost_per_unit,
        true as observed,
        count(*) as n_days
    from tenths
    group by all
    having sum(units) > 0
),

overall as (
    select
        service,
        workload,
        kind,
        unit,
        sum(gpu_hours_active) / sum(gpu_hours_allocated) as utilisation,
        sum(cost) / sum(units) as cost_per_unit,
        count(*) as n_days
    from days
    group by all
    having sum(units) > 0 and sum(gpu_hours_active) > 0
),

extrapolated as (
    select
        overall.service,
        overall.workload,
        overall.kind,
        overall.unit,
        points.point,
        points.point / 10.0 as utilisation,
        overall.cost_per_unit * overall.utilisation / (points.point / 10.0) as cost_per_unit,
        false as observed,
        overall.n_days
    from overall
    cross join points
)

select
    service,
    workload,
    kind,
    unit,
    point,
    cast(utilisation as double) as utilisation,
    cast(cost_per_unit as decimal(18, 9)) as cost_per_unit,
    observed,
    n_days
from observed
union all
select
    service,
    workload,
    kind,
    unit,
    point,
    cast(utilisation as double) as utilisation,
    cast(cost_per_unit as decimal(18, 9)) as cost_per_unit,
    observed,
    n_days
from extrapolated
