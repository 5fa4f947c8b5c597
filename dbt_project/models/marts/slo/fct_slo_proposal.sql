-- One row a declared service for availability and one for latency: what to promise, to whom, and why.
with proposals as (
    select
        service,
        sli,
        consumer,
        objective,
        threshold,
        threshold_unit,
        window_days,
        rationale,
        measurable,
        status,
        declared_objective,
        declared_threshold,
        folklore,
        gpu_models
    from {{ ref('int_sli__availability_proposals') }}
    union all
    select
        service,
        sli,
        consumer,
        objective,
        threshold,
        threshold_unit,
        window_days,
        rationale,
        measurable,
        status,
        declared_objective,
        declared_threshold,
        folklore,
        gpu_models
    from {{ ref('int_sli__latency_proposals') }}
)

select
    service,
    sli,
    consumer,
    objective,
    threshold,
    threshold_unit,
    window_days,
    round(1 - objective, 10) as error_budget,
    rationale,
    measurable,
    status,
    declared_objective,
    declared_threshold,
    folklore,
    gpu_models,
    -- two numbers where more is wanted than the history supports: this one is for later
    if(declared_objective > objective, declared_objective, null) as aspirational_objective,
    if(declared_threshold < threshold, declared_threshold, null) as aspirational_threshold,
    'slo.' || service || '.' || sli || '.proposed' as claim_id
from proposals
