-- One row an item to fix: failure modes that have had incidents, and single points of failure, worst first.
--
-- Severity comes first and is never traded against effort. 1 the cluster, 2 a service, 3 a node, 4 a pod or unknown; a mode whose incidents
-- a customer saw is one step worse; a SPOF has not happened yet and is one step better. Within a severity, what was measured comes before
-- what was not, then benefit ÷ effort. Items that this does not tell apart share a rank.
with audit as (
    select date_diff('day', window_start, window_end) + 1 as days
    from {{ ref('stg_declared__audit') }}
),

minutes as (
    select
        mode,
        bool_or(coalesce(customer_visible, false)) as was_customer_visible,
        count(*) filter (where mitigated_at is not null and coalesce(started_at, detected_at) is not null) as timed,
        -- from the stated start, else from detection, to mitigation; an incident without these times adds nothing here
        sum(date_diff('second', coalesce(started_at, detected_at), mitigated_at)) / 60.0 as incident_minutes
    from {{ ref('fct_incidents') }}
    where not is_near_miss
    group by mode
),

modes as (
    select
        'mode' as subject_kind,
        modes.mode as subject,
        modes.mode as mode_or_spof,
        '' as object,
        modes.incidents || if(modes.incidents = 1, ' incident, ', ' incidents, ')
        || modes.near_misses || if(modes.near_misses = 1, ' near miss', ' near misses')
        || '; worst: ' || coalesce(modes.worst_blast_radius, 'unknown')
        || '; guardrail: ' || coalesce(modes.guardrail_state, 'unknown')
        || if(
            coalesce(minutes.timed, 0) < modes.incidents, '; ' || (modes.incidents - coalesce(minutes.timed, 0)) || ' without times', ''
        ) as evidence,
        greatest({{ blast_radius_severity('modes.worst_blast_radius') }} - if(minutes.was_customer_visible, 1, 0), 1) as severity,
        coalesce(minutes.incident_minutes * 30 / audit.days, modes.per_30_days) as benefit,
        if(minutes.incident_minutes is not null, 'incident minutes per 30 days', 'incidents per 30 days') as benefit_unit,
        'rel.mode.' || modes.mode || '.incidents' as claim_id
    from {{ ref('fct_failure_modes') }} as modes
    cross join audit
    left join minutes
        on modes.mode = minutes.mode
    where modes.incidents > 0
),

spofs as (
    select
        'spof' as subject_kind,
        kind as subject,
        spof_id as mode_or_spof,
        regexp_replace(object, '^(Registry|Pin)/', '') as object,
        evidence,
        least({{ blast_radius_severity('blast_radius') }} + 1, 4) as severity,
        null as benefit,
        null as benefit_unit,
        'rel.spof.' || spof_id as claim_id
    from {{ ref('fct_spofs') }}
),

items as (
    select
        subject_kind,
        subject,
        mode_or_spof,
        object,
        evidence,
        severity,
        benefit,
        benefit_unit,
        claim_id
    from modes
    union all
    select
        subject_kind,
        subject,
        mode_or_spof,
        object,
        evidence,
        severity,
        benefit,
        benefit_unit,
        claim_id
    from spofs
),

weighed as (
    select
        items.mode_or_spof,
        items.evidence,
        items.severity,
        items.benefit,
        items.benefit_unit,
        items.claim_id,
        items.subject_kind || '.' || items.subject as effort_subject,
        replace(efforts.fix, '{object}', items.object) as item,
        coalesce(declared.effort_days, efforts.effort_days) as effort_days,
        if(declared.effort_days is null, 'estimated', 'declared') as effort_source,
        case items.benefit_unit when 'incident minutes per 30 days' then 1 when 'incidents per 30 days' then 2 else 3 end as unit_order
    from items
    left join {{ ref('fix_efforts') }} as efforts
        on items.subject_kind = efforts.subject_kind and items.subject = efforts.subject
    left join {{ ref('stg_declared__efforts') }} as declared
        on items.subject = declared.subject
)

select
    dense_rank() over (
        order by severity, unit_order, benefit / effort_days desc nulls last, if(benefit is null, effort_days, null)
    ) as rank,
    item,
    mode_or_spof,
    evidence,
    severity,
    effort_subject,
    effort_days,
    effort_source,
    benefit,
    benefit_unit,
    unit_order,
    claim_id
from weighed
