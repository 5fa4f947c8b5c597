-- One row a workload, unit, split rule and basis: the interval that the unit cost's days support.
-- Circular block bootstrap (blocks of 7 days from 14 days on, single days below), 200 resamples, 2.5th to 97.5th percentile.
-- MD5 picks the blocks: the same estate gives the same interval on every machine.
with bases as (
    select unnest(['allocated', 'used']) as basis
),

resamples as (
    select unnest(range(200)) as resample
),

days as (
    select
        workload,
        unit,
        split_rule,
        bases.basis,
        units,
        case bases.basis when 'allocated' then allocated_cost else used_cost end as cost,
        day
    from {{ ref('int_units__costed_days') }}
    cross join bases
    where bases.basis = 'allocated' or used_cost is not null
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

blocks as (
    select
        n_days,
        block,
        unnest(range(cast(ceil(n_days / block) as bigint))) as nth
    from sizes
),

starts as (
    select
        blocks.n_days,
        resamples.resample,
        cast(md5_number_lower(resamples.resample || '/' || blocks.nth) % blocks.n_days as bigint) as first_position,
        unnest(range(blocks.block)) as step
    from blocks
    cross join resamples
),

picks as (
    select
        n_days,
        resample,
        (first_position + step) % n_days as position
    from starts
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
