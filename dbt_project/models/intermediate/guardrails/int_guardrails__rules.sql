-- One row an alerting rule: whether it parses, whether its metrics are scraped, and how often its condition was met, where it can be told.
with rules as (
    select
        rule_number,
        source,
        cluster,
        rule_group,
        alert,
        expr,
        parse_error,
        metrics,
        source_uri
    from {{ ref('int_guardrails__comparisons') }}
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
    if(metric_present, replays.conditions_met_low, null) as conditions_met_low,
    if(metric_present, replays.conditions_met_high, null) as conditions_met_high,
    case
        when rules.parse_error is not null then 'not replayed: it cannot be evaluated'
        when metric_present then replays.replay
        when replays.conditions_met_low is null then replays.replay
        when metric_present is null then 'not replayed: whether its metrics are scraped is unknown'
        else 'not replayed: not scraped: ' || scraped.not_scraped
    end as replay
from rules
left join scraped
    on rules.rule_number = scraped.rule_number
left join {{ ref('int_guardrails__replays') }} as replays
    on rules.rule_number = replays.rule_number
