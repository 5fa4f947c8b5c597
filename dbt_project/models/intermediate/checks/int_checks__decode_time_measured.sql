-- One row a workload whose runtime counts prefill, decode and time per output token: whether the sum of each request's mean time per token
-- may stand for decode time. It is seconds a token, not seconds; a price per output token that rests on it shifts cost to input.
-- 10 points of the workload's cost is the tolerance: the two agree only where answers have one or two tokens.
with seconds as (
    select
        pods.workload,
        sum(counters.increase) filter (where counters.metric = 'vllm:request_prefill_time_seconds_sum') as prefill,
        sum(counters.increase) filter (where counters.metric = 'vllm:request_decode_time_seconds_sum') as decode,
        sum(counters.increase) filter (where counters.metric = 'vllm:request_time_per_output_token_seconds_sum') as per_token
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('int_workloads__pods') }} as pods
        on counters.cluster = pods.cluster and counters.namespace = pods.namespace and counters.pod = pods.pod
    where
        counters.metric in (
            'vllm:request_prefill_time_seconds_sum',
            'vllm:request_decode_time_seconds_sum',
            'vllm:request_time_per_output_token_seconds_sum'
        )
    group by pods.workload
),

shares as (
    select
        workload,
        per_token / nullif(prefill + per_token, 0) as shown,
        decode / nullif(prefill + decode, 0) as measured
    from seconds
    where prefill > 0 and decode > 0 and per_token is not null
),

costs as (
    select
        workload,
        cast(sum(allocated_cost) as double) as cost
    from {{ ref('fct_workload_cost_daily') }}
    where split_rule = 'gpu_only'
    group by workload
)

select
    'vLLM' as source,
    shares.workload as subject,
    abs(shares.measured - shares.shown) <= 0.1 as ok,
    shares.shown as console_value,
    shares.measured as true_value,
    'share' as unit,
    costs.cost * abs(shares.measured - shares.shown) as cost_at_stake,
    printf(
        '%s spends %.1f %% of its time on output tokens; added-up times per token say %.1f %%',
        shares.workload, 100 * shares.measured, 100 * shares.shown
    ) as detail
from shares
left join costs on shares.workload = costs.workload
