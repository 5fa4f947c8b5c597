-- One row a declared service: the availability objective that its history supports, and what is wrong with the declared one.
-- A target is supported when that many requests would show a failure with 95 % probability if it were just kept:
-- n >= ln 0.05 / ln target.
{%- set steps = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999] %}
{%- set folklore_budgets = 5 %}
with services as (
    select
        service,
        availability_objective as declared
    from {{ ref('stg_declared__services') }}
),

baseline as (
    select
        service,
        current,
        low,
        high,
        ceiling,
        n_events,
        worst_28_days,
        worst_28_days_low,
        worst_28_days_from,
        worst_28_days_to,
        coalesce(worst_28_days_low, low) as kept,
        coalesce(worst_28_days_events, n_events) as events_of_kept
    from {{ ref('fct_slo_baseline') }}
    where sli = 'availability'
),

steps as (
    select
        cast(step as double) as step,
        ln(0.05) / ln(cast(step as double)) as events_needed
    from (select unnest({{ steps }}) as step)
),

supported as (
    select
        baseline.service,
        max(steps.step) as objective
    from baseline
    inner join steps
        on
            baseline.kept >= steps.step
            and coalesce(baseline.ceiling, 1) >= steps.step
            and baseline.events_of_kept >= steps.events_needed
    group by baseline.service
),

compared as (
    select
        services.service,
        services.declared,
        baseline.current,
        baseline.low,
        baseline.high,
        baseline.ceiling,
        baseline.n_events,
        baseline.worst_28_days,
        baseline.worst_28_days_low,
        baseline.worst_28_days_from,
        baseline.worst_28_days_to,
        baseline.kept,
        supported.objective,
        services.declared is not null and baseline.current is not null and baseline.current < services.declared as is_contradicted,
        services.declared is not null and coalesce(baseline.current < services.declared, true) as is_unproven,
        (1 - baseline.current) / nullif(1 - services.declared, 0) as budgets_spent,
        gpus.gpu_models,
        gpus.inference_class_models
    from services
    inner join baseline
        on services.service = baseline.service
    left join supported
        on services.service = supported.service
    left join {{ ref('int_sli__gpu_models') }} as gpus
        on services.service = gpus.service
)

select
    *,
    is_unproven and (
        coalesce(declared > ceiling, false)
        or coalesce(budgets_spent >= {{ folklore_budgets }}, false)
        or coalesce(declared >= 0.9999 and len(inference_class_models) > 0, false)
    ) as folklore
from compared
