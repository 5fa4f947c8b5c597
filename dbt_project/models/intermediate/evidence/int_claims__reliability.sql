-- One row a draft claim of the reliability track.
{# what PagerDuty knows of the hours of an incident is in its log entries #}
{% set logged = "(select coalesce(sum(rows_loaded) filter (where table_name = 'pagerduty_incidents'), 0) = 0"
    ~ " or sum(rows_loaded) filter (where table_name = 'pagerduty_log_entries') > 0 from meta_sources)" %}
{% set of_terraform = "regexp_matches(object, '^(MachinePool|HelmRelease)/')" -%}
with modes as (
    select unnest([
        'driver_kernel_drift', 'vram_exhaustion', 'thermal_throttling', 'scheduling_failure', 'dependency_version_mismatch',
        'upstream_api_issue', 'data_issue', 'model_regression', 'hardware_fault', 'unknown_other'
    ]) as mode
)

{{ claim_family(
    'reliability', "'rel.incidents.total'", "'Incidents and near misses that somebody was paged for or wrote about'", 'fct_incidents',
    "count(*) filter (where sources <> ['prometheus'])", unit="'incidents'", needs="['incidents']"
) }}
union all
{% for name, expr, unit, what, missing in [
    ('incidents', 'coalesce(max(incidents), 0)', "'incidents'", 'Incidents of ', 'no incidents'),
    ('per_30_days', 'coalesce(max(per_30_days), 0)', "'per 30 days'", 'Frequency of ', 'no incidents'),
    ('detection_p50_minutes', 'max(detection_p50_minutes)', "'minutes'", 'Median time to detect ', 'nobody stated when one of this mode started'),
    ('acknowledgement_p50_minutes', 'max(acknowledgement_p50_minutes)', "'minutes'", 'Median time to acknowledge ', 'nobody acknowledged one of this mode'),
    ('mitigation_p50_minutes', 'max(mitigation_p50_minutes)', "'minutes'", 'Median time to mitigate ', 'nobody stated when one of this mode was mitigated'),
    ('resolution_p50_minutes', 'max(resolution_p50_minutes)', "'minutes'", 'Median time to resolve ', 'none of this mode is known to be resolved'),
] %}
{{ claim_family(
    'reliability', "'rel.mode.' || mode || '." ~ name ~ "'", "'" ~ what ~ "' || replace(mode, '_', ' ')", 'fct_failure_modes',
    'case when ' ~ logged ~ ' then ' ~ expr ~ ' end' if unit == "'minutes'" else expr,
    keys=['mode'], subjects='modes', unit=unit, needs="['incidents']", missing="case when max(incidents) + max(near_misses) = 0 then 'there was none of this mode' when not " ~ logged
    ~ " then 'PagerDuty delivered no log entries, which say when somebody acted' else '" ~ missing ~ "' end"
) }}
    union all
{% endfor %}
{{ claim_family(
    'reliability', "'rel.guardrail.' || guardrail || '.state'", "'State of guardrail ' || guardrail", 'dim_guardrails',
    "string_agg(distinct state, ', ' order by state)", keys=['guardrail'], words=true,
    rests_on="['incidents', 'metrics', 'manifests', 'declared']"
) }}
union all
{{ claim_family(
    'reliability', "'rel.spof.' || spof_id", "'Single point of failure ' || spof_id", 'fct_spofs', 'max(evidence)', keys=['spof_id'], words=true,
    needs="case when max(source_uri) = 'audit.yaml' or bool_and(" ~ of_terraform ~ ") then [] else ['manifests'] end", rests_on="['manifests', 'declared']"
) }}
union all
{{ claim_family(
    'reliability', "'rel.finding.' || kind", "'Configuration findings: ' || replace(kind, '_', ' ')", 'fct_config_findings', 'count(*)',
    keys=['kind'], unit="'findings'", needs="case when kind in ('declared_not_billed', 'billed_not_declared') then ['billing'] when bool_and("
    ~ of_terraform ~ ") then if(kind = 'declared_not_running', ['metrics'], []) when max(source_uri) is null then ['metrics'] else ['manifests'] end",
    rests_on="if(kind in ('declared_not_billed', 'billed_not_declared'), ['billing'], []) || ['manifests', 'metrics', 'declared']"
) }}
-- what Terraform declares is held against the bill
{% set of_bills = "if((select count(*) from " ~ ref('int_machines__declared') ~ ") > 0, ['billing'], [])" %}
{% set totals = [
    ('spof', 'fct_spofs', 'Single points of failure', "['manifests']"),
    ('finding', 'fct_config_findings', 'Configuration findings', "['manifests', 'metrics', 'placement'] || " ~ of_bills),
] -%}
{% for family, mart, what, needs in totals %}
    union all
    {{ claim_family(
        'reliability', "'rel." ~ family ~ ".total'", "'" ~ what ~ "'", mart, 'count(*)', unit="'findings'", needs=needs,
        rests_on="['manifests', 'metrics', 'declared']"
    ) }}
{% endfor %}
