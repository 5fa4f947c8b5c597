-- One row a failure mode: how often it happened, how far it reached, how long it took to see and to stop, and what guards against it.
-- Without any incident source that could be read, counts are null: nobody looked. Without manifests, what guards is unknown, not absent.
with modes as (
    select unnest([
        'driver_kernel_drift', 'vram_exhaustion', 'thermal_throttling', 'scheduling_failure', 'dependency_version_mismatch',
        'upstream_api_issue', 'data_issue', 'model_regression', 'hardware_fault', 'unknown_other'
    ]) as mode
),

sources as (
    select
        declared.source,
        coalesce(bool_or(len(manifests.uris) > 0), false) as is_read
    from {{ ref('stg_declared__sources') }} as declared
    left join {{ source('lake', 'day_manifests') }} as manifests on declared.source = manifests.source
    -- alerts alone do not say what anybody had to act on
    where declared.source_group = 'incidents' and declared.kind is distinct from 'alertmanager'
    group by declared.source
),

reading as (
    select
        coalesce(bool_or(is_read), false) as is_read,
        list_sort(list(source) filter (where not is_read)) as unread_sources
    from sources
),

inspected as (
    select
        exists (select 1 from {{ ref('stg_manifests__objects') }})
        or exists (select 1 from {{ ref('stg_manifests__alert_rules') }}) as has_manifests
),

audited as (
    select max(date_diff('day', window_start, window_end)) + 1 as days
    from {{ ref('stg_declared__audit') }}
),

counted as (
    select
        mode,
        count(*) filter (where not is_near_miss) as incidents,
        count(*) filter (where is_near_miss) as near_misses,
        max(list_position(['one_pod', 'one_node', 'one_service', 'cluster'], blast_radius)) as worst_radius,
        median(detection_minutes) as detection_p50_minutes,
        median(epoch(acknowledged_at - detected_at) / 60) as acknowledgement_p50_minutes,
        median(mitigation_minutes) as mitigation_p50_minutes,
        median(epoch(resolved_at - detected_at) / 60) as resolution_p50_minutes,
        count(*) filter (where detection_minutes is null) as n_without_detection,
        count(*) filter (where acknowledged_at is null or detected_at is null) as n_without_acknowledgement,
        count(*) filter (where mitigation_minutes is null) as n_without_mitigation,
        count(*) filter (where resolved_at is null or detected_at is null) as n_without_resolution,
        count(*) filter (where detection_minutes is null or mitigation_minutes is null) as n_without_times
    from {{ ref('fct_incidents') }}
    group by mode
),

guarded as (
    select
        mode,
        list_sort(list(guardrail) filter (where state <> 'absent')) as guardrails,
        arg_max(state, list_position(['absent', 'broken', 'unmeasurable', 'untested', 'proven'], state)) as guardrail_state
    from {{ ref('dim_guardrails') }}
    group by mode
)

select
    modes.mode,
    case when reading.is_read then coalesce(counted.incidents, 0) end as incidents,
    case when reading.is_read then coalesce(counted.near_misses, 0) end as near_misses,
    case when reading.is_read then coalesce(counted.incidents, 0) * 30.0 / audited.days end::double as per_30_days,
    ['one_pod', 'one_node', 'one_service', 'cluster'][counted.worst_radius] as worst_blast_radius,
    counted.detection_p50_minutes,
    counted.acknowledgement_p50_minutes,
    counted.mitigation_p50_minutes,
    counted.resolution_p50_minutes,
    case when reading.is_read then coalesce(counted.n_without_detection, 0) end as n_without_detection,
    case when reading.is_read then coalesce(counted.n_without_acknowledgement, 0) end as n_without_acknowledgement,
    case when reading.is_read then coalesce(counted.n_without_mitigation, 0) end as n_without_mitigation,
    case when reading.is_read then coalesce(counted.n_without_resolution, 0) end as n_without_resolution,
    case when reading.is_read then coalesce(counted.n_without_times, 0) end as n_without_times,
    coalesce(guarded.guardrails, []) as guardrails,
    coalesce(guarded.guardrail_state, if(inspected.has_manifests, 'absent', 'unknown')) as guardrail_state,
    coalesce(reading.unread_sources, []) as unread_sources
from modes
cross join reading
cross join audited
cross join inspected
left join counted on modes.mode = counted.mode
left join guarded on modes.mode = guarded.mode
