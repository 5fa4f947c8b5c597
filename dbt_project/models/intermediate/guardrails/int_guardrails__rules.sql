-- One row an alerting rule: whether it parses, whether its metrics are scraped, and how often its condition was met, where it can be told.
with rules as (
    select
        source,
        cluster,
        rule_group,
        alert,
        expr,
        for_seconds,
        parse_error,
        metrics,
        source_uri,
        row_number() over (order by source, source_uri, rule_group, alert, expr) as rule_number
    from {{ ref('stg_manifests__alert_rules') }}
),

clusters as (
    select
        cluster,
        bool_or(kind = 'openmetrics') as has_text_files
    from {{ ref('stg_declared__sources') }}
    where source_group = 'metrics'
    group by cluster
),

seen as (
    select distinct
        cluster,
        metric
    from {{ ref('stg_metrics__series') }}
),

measured_clusters as (
    select distinct cluster
    from seen
),

needed as (
    select
        rule_number,
        cluster,
        unnest(metrics) as metric
    from rules
),

-- Text files are loaded whole. A server is only asked for the catalogue's metrics: beyond them, not seen says nothing.
looked_up as (
    select
        needed.rule_number,
        needed.metric,
        case
            when seen.metric is not null then true
            when measured_clusters.cluster is null then null
            when clusters.has_text_files then false
            when exists (
                select 1
                from {{ ref('fetched_metrics') }} as fetched
                where regexp_matches(needed.metric, fetched.pattern)
            ) then false
        end as is_scraped
    from needed
    left join seen
        on needed.cluster = seen.cluster and needed.metric = seen.metric
    left join measured_clusters
        on needed.cluster = measured_clusters.cluster
    left join clusters
        on needed.cluster = clusters.cluster
),

scraped as (
    select
        rule_number,
        bool_or(is_scraped) as is_any_scraped,
        bool_and(is_scraped) filter (where is_scraped is not null) as is_all_scraped,
        bool_or(is_scraped is null) as is_any_unknown,
        string_agg(metric, ', ' order by metric) filter (where not is_scraped) as not_scraped
    from looked_up
    group by rule_number
),

job_series as (
    select
        cluster,
        series_id,
        any_value(labels['namespace']) as namespace
    from {{ ref('stg_metrics__series') }}
    where metric = 'kube_job_status_failed'
    group by all
),

failed_jobs as (
    select
        job_series.cluster,
        job_series.namespace,
        count(distinct gauges.series_id) filter (where gauges.max > 0) as jobs_failed
    from {{ ref('stg_metrics__gauge_hourly') }} as gauges
    inner join job_series
        on gauges.cluster = job_series.cluster and gauges.series_id = job_series.series_id
    group by all
),

-- Conditions that the lake can count: GPU memory above 95 %, and failed jobs (of one namespace where the rule names one).
conditions as (
    select
        rules.rule_number,
        case
            when
                list_has_all(rules.metrics, ['DCGM_FI_DEV_FB_USED', 'DCGM_FI_DEV_FB_FREE'])
                and regexp_matches(rules.expr, '>=?\s*(0?\.95|95(\.0*)?)\s*$')
                then (
                    select count(*)
                    from {{ ref('int_guardrails__memory_crossings') }} as crossings
                    where
                        crossings.cluster = rules.cluster
                        and crossings.ended_at - crossings.started_at >= to_seconds(cast(rules.for_seconds as bigint)) * 0.9
                )
            when
                rules.metrics = ['kube_job_status_failed']
                and regexp_matches(rules.expr, '^\s*kube_job_status_failed\s*(\{[^}]*\})?\s*>\s*0\s*$')
                and not regexp_matches(rules.expr, '(!=|=~|!~)')
                and not regexp_matches(rules.expr, '\{\s*[^n}]')
                then (
                    select coalesce(sum(failed_jobs.jobs_failed), 0)
                    from failed_jobs
                    where
                        failed_jobs.cluster = rules.cluster
                        and coalesce(failed_jobs.namespace = nullif(regexp_extract(rules.expr, 'namespace="([^"]*)"', 1), ''), true)
                )
        end as conditions_met
    from rules
)

select
    rules.cluster,
    rules.rule_group,
    rules.alert,
    rules.expr,
    rules.parse_error,
    rules.source_uri,
    -- an alternative is enough for `or` and `absent`; anything else needs every metric
    case
        when len(rules.metrics) = 0 or scraped.is_any_scraped is null then null
        when
            regexp_matches(lower(rules.expr), '\bor\b|\babsent')
            then if(scraped.is_any_scraped, true, if(scraped.is_any_unknown, null, false))
        when not scraped.is_all_scraped then false
        when scraped.is_any_unknown then null
        else true
    end as metric_present,
    scraped.not_scraped,
    if(metric_present, conditions.conditions_met, null) as conditions_met
from rules
left join scraped
    on rules.rule_number = scraped.rule_number
left join conditions
    on rules.rule_number = conditions.rule_number
