-- One row a guardrail: alerting rules (all of one name together), what is declared, and the objects that guard.
with rules as (
    select
        alert as guardrail,
        bool_and(parse_error is null) as parses,
        -- one rule of the name that cannot be measured is a hole
        case
            when bool_or(not metric_present) then false
            when bool_and(metric_present is not null) then bool_and(metric_present)
        end as metric_present,
        -- of one name, every rule is counted or none
        if(bool_and(conditions_met_low is not null), sum(conditions_met_low), null) as conditions_met_low,
        if(bool_and(conditions_met_high is not null), sum(conditions_met_high), null) as conditions_met_high,
        string_agg(distinct replay, '; ' order by replay) as replay,
        count(*) as rules,
        count(*) filter (where parse_error is not null) as broken_rules,
        min(parse_error) as parse_error,
        string_agg(distinct not_scraped, ', ') as not_scraped,
        min(source_uri) as source_uri,
        alert || ' ' || string_agg(expr, ' ' order by expr) as described
    from {{ ref('int_guardrails__rules') }}
    group by alert
),

guessed as (
    select
        rules.guardrail,
        arg_min(modes.mode, modes.priority) as mode
    from rules
    inner join {{ ref('guardrail_modes') }} as modes
        on regexp_matches(rules.described, modes.pattern)
    group by rules.guardrail
),

declared as (
    select
        guardrail,
        min(mode) as mode,
        min(kind) as kind,
        max(tested_on) as tested_on,
        string_agg(evidence, '; ') as evidence
    from {{ ref('stg_declared__guardrails') }}
    group by guardrail
),

firings as (
    select
        alert,
        count(*) as fired
    from {{ ref('int_guardrails__firings') }}
    group by alert
),

incidents as (
    select
        mode,
        -- an alert may go off a little before somebody says that it began
        least(started_at, detected_at) - interval 15 minutes as opened_at,
        coalesce(resolved_at, mitigated_at, greatest(started_at, detected_at) + interval 2 hours) as closed_at
    from {{ ref('fct_incidents') }}
    where not is_near_miss and coalesce(started_at, detected_at) is not null
),

known as (
    select
        exists (select 1 from {{ ref('stg_manifests__objects') }})
        or exists (select 1 from {{ ref('int_guardrails__rules') }}) as has_manifests,
        -- a server keeps ALERTS for itself; text files may have been exported without it
        exists (select 1 from {{ ref('stg_metrics__series') }})
        and (
            exists (select 1 from {{ ref('stg_metrics__alert_windows') }})
            or not exists (
                select 1
                from {{ ref('stg_declared__sources') }}
                where source_group = 'metrics' and kind != 'prometheus'
            )
        ) as has_alert_history,
        exists(select 1 from incidents) as has_incidents
),

named as (
    select
        coalesce(rules.guardrail, declared.guardrail) as guardrail,
        coalesce(declared.mode, guessed.mode) as mode,
        coalesce(declared.kind, 'alert') as kind,
        rules.guardrail is not null as has_rule,
        rules.parses,
        rules.metric_present,
        rules.conditions_met_low,
        rules.conditions_met_high,
        rules.replay,
        rules.rules,
        rules.broken_rules,
        rules.parse_error,
        rules.not_scraped,
        rules.source_uri,
        declared.guardrail is not null as is_declared,
        declared.tested_on,
        declared.evidence as declared_evidence
    from rules
    full join declared
        on rules.guardrail = declared.guardrail
    left join guessed
        on rules.guardrail = guessed.guardrail
),

fired as (
    select
        named.*,
        if(named.kind = 'alert' and known.has_alert_history, coalesce(firings.fired, 0), null) as fired,
        known.has_incidents,
        case
            when named.has_rule or firings.fired > 0 then true
            when named.kind = 'alert' and known.has_manifests then false
        end as is_there,
        exists(
            select 1
            from {{ ref('int_guardrails__firings') }} as firing
            inner join incidents
                on
                    named.mode = incidents.mode
                    and firing.started_at <= incidents.closed_at
                    and firing.ended_at >= incidents.opened_at
            where firing.alert = named.guardrail
        ) as fired_in_incident
    from named
    cross join known
    left join firings
        on named.guardrail = firings.alert
),

alerts as (
    select
        guardrail,
        mode,
        kind,
        is_there as exists,
        parses,
        metric_present,
        cast(tested_on as timestamp) as last_tested_at,
        cast(if(conditions_met_low = conditions_met_high, conditions_met_low, null) as bigint) as conditions_met,
        cast(conditions_met_low as bigint) as conditions_met_low,
        cast(conditions_met_high as bigint) as conditions_met_high,
        if(kind = 'alert', coalesce(replay, 'not replayed: no rule of this name was read'), null) as replay,
        fired,
        case
            when not is_there then 'absent'
            when not parses then 'broken'
            when not metric_present then 'unmeasurable'
            when fired_in_incident then 'proven'
            else 'untested'
        end as state,
        case
            when not is_there then 'declared, but no rule of this name is in the manifests'
            when not parses then broken_rules || ' of ' || rules || ' rules cannot be evaluated: ' || parse_error
            when not metric_present then 'not scraped: ' || not_scraped
            when fired_in_incident then 'fired during an incident of its mode'
            when is_there is null then 'declared; no manifests and no alert history to look into'
            when fired is null then 'whether it ever fired is unknown: no alert history'
            when fired = 0 then 'never fired in the window'
            else
                'fired ' || fired || if(fired = 1, ' time', ' times')
                || if(has_incidents, ', never during an incident of its mode', '; there are no incidents with times to compare with')
        end
        || coalesce('; declared evidence: ' || declared_evidence, '') as evidence,
        source_uri
    from fired
),

objects as (
    select
        guardrail,
        kind,
        mode,
        evidence
    from {{ ref('int_guardrails__objects') }}
)

select
    guardrail,
    mode,
    kind,
    exists,
    parses,
    metric_present,
    last_tested_at,
    conditions_met,
    conditions_met_low,
    conditions_met_high,
    replay,
    fired,
    state,
    evidence,
    source_uri
from alerts
union all
select
    guardrail,
    mode,
    kind,
    true as exists,
    null as parses,
    null as metric_present,
    null as last_tested_at,
    null as conditions_met,
    null as conditions_met_low,
    null as conditions_met_high,
    null as replay,
    null as fired,
    'untested' as state,
    evidence || '; nothing in the data shows it at work' as evidence,
    null as source_uri
from objects
where guardrail not in (select alerts.guardrail from alerts)
