-- One row a workload, unit, split rule and basis: the interval that the unit cost's days support.
-- Circular block bootstrap (blocks of 7 days from 14 days on, single days below), 200 resamples, 2.5th to 97.5th percentile.
-- MD5 picks the blocks: the same estate gives the same interval on every machine.
with days as (
    select
        workload,
        unit,
        split_rule,
        basis.basis,
        units,
        case basis.basis when 'allocated' then allocated_cost else used_cost end as cost,
        day
    from {{ ref('int_units__costed_days') }}
    cross join (select unnest(['allocated', 'used']) as basis) as basis
    where basis.basis = 'allocated' or used_cost is not null
),

numbered as (
    select
        workload,
        unit,
        split_rule,
        basis,
        units,
        cost,
        row_number() over (partition by workload, unit, split_rule, basis order by day) - 1 as position,
        count(*) over (partition by workload, unit, split_rule, basis) as n_days
    from days
),

sizes as (
    select distinct
        n_days,
        case when n_days >= 14 then 7 else 1 end as block
    from numbered
    where n_days >= 2
),

picks as (
    select
        sizes.n_days,
        resamples.resample,
        (
            cast(md5_number_lower(resamples.resample || '/' || blocks.nth) % sizes.n_days as bigint) + steps.step
        ) % sizes.n_days as position
    from sizes
    cross join (select unnest(range(200)) as resample) as resamples
    cross join lateral (select unnest(range(cast(ceil(sizes.n_days / sizes.block) as bigint))) as nth) as blocks
    cross join lateral (select unnest(range(sizes.block)) as step) as steps
),

weights as (
    select
        n_days,
        resample,
        position,
        count(*) as times
    from picks
    group by all
),

resampled as (
    select
        numbered.workload,
        numbered.unit,
        numbered.split_rule,
        numbered.basis,
        weights.resample,
        sum(numbered.cost * weights.times) / nullif(sum(numbered.units * weights.times), 0) as cost_per_unit
    from numbered
    inner join weights on numbered.n_days = weights.n_days and numbered.position = weights.position
    group by all
)

select
    workload,
    unit,
    split_rule,
    basis,
    quantile_cont(cost_per_unit, 0.025) as low,
    quantile_cont(cost_per_unit, 0.975) as high
from resampled
group by all
