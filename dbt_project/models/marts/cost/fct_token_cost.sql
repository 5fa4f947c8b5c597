-- One row an inference workload with a cost and counted tokens, split rule and basis: input and output tokens priced apart.
with costs as (
    select
        service,
        workload,
        day,
        split_rule,
        allocated_cost,
        used_cost
    from {{ ref('int_units__costed_days') }}
    where unit = '1k_tokens' and kind = 'inference'
),

bases as (
    select unnest(['allocated', 'used']) as basis
),

amounts as (
    select
        workload,
        cast(hour as date) as day,
        sum(amount) filter (where role = 'prompt_tokens') as input_tokens,
        sum(amount) filter (where role = 'generation_tokens') as output_tokens,
        sum(amount) filter (where role = 'prefill_seconds') as prefill_seconds,
        sum(amount) filter (where role = 'decode_seconds') as decode_seconds
    from {{ ref('int_units__hourly') }}
    group by all
),

totals as (
    select
        costs.service,
        costs.workload,
        costs.split_rule,
        bases.basis,
        count(*) as n_days,
        sum(case bases.basis when 'allocated' then costs.allocated_cost else costs.used_cost end) as cost,
        sum(amounts.input_tokens) as input_tokens,
        sum(amounts.output_tokens) as output_tokens,
        -- a day without its times would price the others' tokens with too little of them
        case when count(*) = count(amounts.prefill_seconds) then sum(amounts.prefill_seconds) end as prefill_seconds,
        case when count(*) = count(amounts.decode_seconds) then sum(amounts.decode_seconds) end as decode_seconds
    from costs
    cross join bases
    inner join amounts on costs.workload = amounts.workload and costs.day = amounts.day
    where
        (bases.basis = 'allocated' or costs.used_cost is not null)
        and amounts.input_tokens is not null and amounts.output_tokens is not null
    group by all
),

split as (
    select
        totals.service,
        totals.workload,
        totals.split_rule,
        totals.basis,
        totals.n_days,
        totals.cost,
        totals.input_tokens,
        totals.output_tokens,
        totals.prefill_seconds,
        totals.decode_seconds,
        workloads.input_tokens as profile_input_tokens,
        workloads.output_tokens as profile_output_tokens,
        case
            when totals.prefill_seconds + totals.decode_seconds > 0 then 'prefill_decode_time'
            when workloads.output_price_ratio is not null then 'declared_ratio'
            else 'blended'
        end as token_split,
        -- the part of the cost that input tokens are charged
        case
            when totals.prefill_seconds + totals.decode_seconds > 0
                then totals.prefill_seconds / (totals.prefill_seconds + totals.decode_seconds)
            else
                totals.input_tokens
                / nullif(totals.input_tokens + totals.output_tokens * coalesce(workloads.output_price_ratio, 1), 0)
        end as input_share
    from totals
    inner join {{ ref('stg_declared__workloads') }} as workloads on totals.workload = workloads.workload
),

priced as (
    select
        service,
        workload,
        split_rule,
        basis,
        n_days,
        cost,
        input_tokens,
        output_tokens,
        prefill_seconds,
        decode_seconds,
        profile_input_tokens,
        profile_output_tokens,
        token_split,
        1e3 * cost * input_share / nullif(input_tokens, 0) as input_cost_per_1k,
        1e3 * cost * (1 - input_share) / nullif(output_tokens, 0) as output_cost_per_1k
    from split
)

select
    service,
    workload,
    split_rule,
    basis,
    n_days,
    cast(cost as decimal(18, 6)) as cost,
    input_tokens,
    output_tokens,
    prefill_seconds,
    decode_seconds,
    token_split,
    cast(input_cost_per_1k as decimal(18, 9)) as input_cost_per_1k,
    cast(output_cost_per_1k as decimal(18, 9)) as output_cost_per_1k,
    cast(
        (profile_input_tokens * input_cost_per_1k + profile_output_tokens * output_cost_per_1k) / 1e3
        as decimal(18, 9)
    ) as cost_per_profile_request
from priced
