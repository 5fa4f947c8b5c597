-- One row an item of weeks 9-12: tuning, and only where an interval says what today's number is. Without a baseline nobody could tell
-- whether it helped.
with audit as (
    select 30.0 / (date_diff('day', window_start, window_end) + 1) as per_30_days
    from {{ ref('meta_audit') }}
),

bill as (
    select sum(effective_cost) as total
    from {{ ref('fct_gpu_spend_daily') }}
),

activity as (
    select
        subject as workload,
        value as sm_active
    from {{ ref('int_claims__tracks') }}
    where claim_id like 'gpu.sm_active.%' and status = 'measured'
),

idle_workloads as (
    select
        'activity.' || costs.workload || '.' || costs.unit as item_id,
        'Get more work out of the GPUs of ' || costs.workload as title,
        costs.workload || ' holds GPUs that work at ' || printf('%.0f %%', 100 * activity.sm_active) as problem,
        'a unit costs ' || costs.cost_per_unit || ' (' || costs.low || ' … ' || costs.high || ')' as evidence,
        'service' as owner_scope,
        costs.service as owner_name,
        'raise_activity' as item_kind,
        costs.claim_id as metric,
        cast(costs.cost_per_unit as double) as metric_from,
        -- the same GPUs at 60 % activity: their cost is shared by more units
        cast(costs.cost_per_unit as double) * activity.sm_active / 0.6 as metric_to,
        cast(costs.cost as double) * (1 - activity.sm_active / 0.6) * audit.per_30_days as benefit,
        {{ audit_currency() }} || ' per 30 days at the same work' as benefit_unit,
        [costs.claim_id, 'gpu.sm_active.' || costs.workload] as claim_ids,
        row_number() over (order by cast(costs.cost as double) * (1 - activity.sm_active / 0.6) desc, costs.workload) as priority
    from {{ ref('fct_unit_cost') }} as costs
    inner join activity
        on costs.workload = activity.workload
    cross join audit
    cross join bill
    where
        costs.split_rule = 'gpu_only' and costs.basis = 'allocated' and costs.low is not null and costs.high is not null
        and activity.sm_active < 0.6
        and {{ worth_planning('costs.cost * (1 - activity.sm_active / 0.6)', 'bill.total') }}
    -- a workload with several units of work is one item
    qualify row_number() over (partition by costs.workload order by costs.unit) = 1
),

folklore as (
    select
        service,
        sli
    from {{ ref('fct_slo_proposal') }}
    where folklore
),

missed as (
    select
        'objective.' || baseline.service || '.' || baseline.sli as item_id,
        'Bring ' || replace(baseline.sli, '_', ' ') || ' of ' || baseline.service || ' to what is promised' as title,
        'the declared target is not met' as problem,
        'measured ' || baseline.current || ' ' || baseline.unit || ' (' || baseline.low || ' … ' || baseline.high || '), promised '
        || baseline.required as evidence,
        'service' as owner_scope,
        baseline.service as owner_name,
        'meet_objective' as item_kind,
        'slo.' || baseline.service || '.' || baseline.sli || '.current' as metric,
        baseline.current as metric_from,
        baseline.required as metric_to,
        abs(baseline.current - baseline.required) as benefit,
        if(baseline.unit = 'ms', 'ms', 'share of requests') as benefit_unit,
        ['slo.' || baseline.service || '.' || baseline.sli || '.current', 'slo.' || baseline.service || '.' || baseline.sli || '.required']
            as claim_ids,
        1000 as priority
    from {{ ref('fct_slo_baseline') }} as baseline
    anti join folklore
        on baseline.service = folklore.service and baseline.sli = folklore.sli
    where
        baseline.low is not null and baseline.high is not null and baseline.required is not null
        and if(baseline.unit = 'ms', baseline.current > baseline.required, baseline.current < baseline.required)
        -- what no dependency allows is no goal for tuning
        and coalesce(baseline.ceiling >= baseline.required, true)
        -- the share within a threshold says the same as the percentile
        and baseline.sli not like 'latency_within_%'
)

{% for part in ['idle_workloads', 'missed'] %}
    select
        *,
        cast(null as double) as effort_days
    from {{ part }}
    {{ 'union all by name' if not loop.last }}
{% endfor %}
