-- One row a declared workload, unit of work, split rule and basis; a row without a number says what is missing.
with split_rules as (
    select unnest(['gpu_only', 'opencost', 'aws_scad']) as split_rule
),

bases as (
    select unnest(['allocated', 'used']) as basis
),

workloads as (
    select
        service,
        workload,
        kind,
        units_counter,
        tokens_per_vector,
        cardinality(billing_tags) > 0 as bought_by_token,
        nullif(concat_ws(
            ', ',
            'input_tokens=' || format('{:g}', input_tokens),
            'output_tokens=' || format('{:g}', output_tokens),
            'dataset_gb=' || format('{:g}', dataset_gb),
            'epochs=' || format('{:g}', epochs),
            'tokens_per_vector=' || format('{:g}', tokens_per_vector)
        ), '') as reference_profile
    from {{ ref('stg_declared__workloads') }}
),

expected as (
    select
        workloads.service,
        workloads.workload,
        workloads.kind,
        workloads.units_counter,
        workloads.tokens_per_vector,
        workloads.bought_by_token,
        workloads.reference_profile,
        unnest(case
            when workloads.kind = 'training' then ['epoch', 'training_run']
            when workloads.kind = 'embeddings' then ['1m_vectors']
            when workloads.kind = 'batch' then ['job']
            when contains(lower(coalesce(workloads.units_counter, 'token')), 'token') then ['1k_tokens', 'request']
            else ['request']
        end) as unit
    from workloads
),

variants as (
    select
        expected.service,
        expected.workload,
        expected.kind,
        expected.units_counter,
        expected.tokens_per_vector,
        expected.bought_by_token,
        expected.reference_profile,
        expected.unit,
        rules.split_rule,
        bases.basis
    from expected
    cross join split_rules as rules
    cross join bases
),

totals as (
    select
        days.workload,
        days.unit,
        days.split_rule,
        bases.basis,
        count(*) as n_days,
        string_agg(distinct days.counters, ', ' order by days.counters) as counters,
        sum(days.units) as units,
        sum(case bases.basis when 'allocated' then days.allocated_cost else days.used_cost end) as cost
    from {{ ref('int_units__costed_days') }} as days
    cross join bases
    where bases.basis = 'allocated' or days.used_cost is not null
    group by all
),

priced as (
    select
        totals.workload,
        totals.unit,
        totals.split_rule,
        totals.basis,
        totals.n_days,
        totals.counters,
        totals.units,
        totals.cost,
        totals.cost / nullif(totals.units, 0) as cost_per_unit,
        intervals.low as days_low,
        intervals.high as days_high
    from totals
    left join {{ ref('int_units__intervals') }} as intervals
        on
            totals.workload = intervals.workload
            and totals.unit = intervals.unit
            and totals.split_rule = intervals.split_rule
            and totals.basis = intervals.basis
),

spread as (
    select
        workload,
        unit,
        split_rule,
        basis,
        n_days,
        counters,
        units,
        cost,
        cost_per_unit,
        case
            when n_days >= 2
                then least(days_low, cost_per_unit, min(cost_per_unit) over (partition by workload, unit, basis))
        end as low,
        case
            when n_days >= 2
                then greatest(days_high, cost_per_unit, max(cost_per_unit) over (partition by workload, unit, basis))
        end as high
    from priced
),

ran as (
    select
        workload,
        split_rule,
        count(coalesce(allocated_cost, token_cost)) > 0 as has_cost,
        count(used_cost) > 0 as has_used
    from {{ ref('fct_workload_cost_daily') }}
    group by all
),

counted as (
    select
        workload,
        unit,
        sum(units) as units
    from {{ ref('int_units__daily') }}
    group by all
),

seen as (
    select distinct workload
    from {{ ref('int_workloads__pods') }}
),

bill as (
    select count(*) > 0 as was_read
    from {{ ref('fct_gpu_spend_daily') }}
)

select
    variants.service,
    variants.workload,
    variants.kind,
    variants.unit,
    variants.split_rule,
    variants.basis,
    case when spread.cost_per_unit is not null then spread.units end as units,
    case when spread.cost_per_unit is not null then cast(spread.cost as decimal(18, 6)) end as cost,
    cast(spread.cost_per_unit as decimal(18, 9)) as cost_per_unit,
    cast(case when spread.cost_per_unit is not null then spread.low end as decimal(18, 9)) as low,
    cast(case when spread.cost_per_unit is not null then spread.high end as decimal(18, 9)) as high,
    variants.reference_profile,
    case when spread.cost_per_unit is not null then 'derived' else 'unknown' end as status,
    case
        when variants.split_rule = 'gpu_only' and variants.basis = 'allocated'
            then 'cost.unit.' || variants.workload || '.' || variants.unit
    end as claim_id,
    coalesce(spread.n_days, 0) as n_days,
    spread.counters,
    case
        when spread.cost_per_unit is not null then null
        when not bill.was_read and not variants.bought_by_token then 'no GPU bill was read'
        when
            counted.units is null
            and not variants.bought_by_token
            and seen.workload is null
            and (select count(*) from {{ ref('int_workloads__pods') }}) > 0
            then 'no pod that its match names was seen'
        when
            counted.units is null
            and variants.units_counter is not null
            and variants.unit <> 'training_run'
            and not (variants.unit = 'request' and contains(lower(variants.units_counter), 'token'))
            then 'counter ' || variants.units_counter || ' was not found on its series'
        when counted.units is null and variants.unit = '1k_tokens' then 'no token counter was found on its pods'
        when counted.units is null and variants.unit = 'request' then 'no request counter was found on its pods'
        when counted.units is null and variants.unit = 'epoch' then 'units.counter is not declared: nothing counts epochs'
        when counted.units is null and variants.unit = '1m_vectors' and variants.tokens_per_vector is null
            then 'neither units.counter nor reference_profile.tokens_per_vector is declared'
        when counted.units is null and variants.unit = '1m_vectors' then 'no token counter was found on its pods'
        when counted.units is null then 'no Job of it was seen to succeed'
        when not coalesce(gpu_only.has_cost, false) then 'no billed GPU was held by its pods'
        when not coalesce(ran.has_cost, false) then 'cores and memory of its nodes are unknown: this rule cannot split their price'
        when variants.basis = 'used' and not coalesce(ran.has_used, false) then 'activity of its GPUs was not measured'
        when spread.n_days is null then 'no day has both a bill and a count of its work'
        else 'no work was counted on the days with a bill'
    end as reason
from variants
cross join bill
left join spread
    on
        variants.workload = spread.workload
        and variants.unit = spread.unit
        and variants.split_rule = spread.split_rule
        and variants.basis = spread.basis
left join ran on variants.workload = ran.workload and variants.split_rule = ran.split_rule
left join ran as gpu_only on variants.workload = gpu_only.workload and gpu_only.split_rule = 'gpu_only'
left join counted on variants.workload = counted.workload and variants.unit = counted.unit
left join seen on variants.workload = seen.workload
