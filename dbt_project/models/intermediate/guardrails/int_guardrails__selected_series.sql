-- One row a rule and a series that its matchers select, as Prometheus reads them: a label that is not there is empty, and patterns are
-- anchored.
with rules as (
    select
        rule_number,
        cluster,
        compared_metric,
        matchers
    from {{ ref('int_guardrails__comparisons') }}
    where compared in ('value', 'increase')
),

series as (
    select
        cluster,
        metric,
        series_id,
        any_value(labels) as labels
    from {{ ref('stg_metrics__series') }}
    group by all
),

matchers as (
    select
        rule_number,
        regexp_extract(matcher, '^(\w+)', 1) as label,
        regexp_extract(matcher, '^\w+(=~|!~|!=|=)', 1) as operator,
        regexp_replace(matcher, '^\w+(=~|!~|!=|=)', '') as given
    from (
        select
            rule_number,
            unnest(matchers) as matcher
        from rules
    )
),

candidates as (
    select
        rules.rule_number,
        series.cluster,
        series.series_id,
        series.labels
    from rules
    inner join series on rules.cluster = series.cluster and rules.compared_metric = series.metric
),

refused as (
    select distinct
        candidates.rule_number,
        candidates.cluster,
        candidates.series_id
    from candidates
    inner join matchers on candidates.rule_number = matchers.rule_number
    where
        not case matchers.operator
            when '=' then coalesce(candidates.labels[matchers.label], '') = matchers.given
            when '!=' then coalesce(candidates.labels[matchers.label], '') <> matchers.given
            when '=~' then regexp_full_match(coalesce(candidates.labels[matchers.label], ''), matchers.given)
            else not regexp_full_match(coalesce(candidates.labels[matchers.label], ''), matchers.given)
        end
)

select
    candidates.rule_number,
    candidates.cluster,
    candidates.series_id
from candidates
left join refused
    on
        candidates.rule_number = refused.rule_number
        and candidates.cluster = refused.cluster
        and candidates.series_id = refused.series_id
where refused.rule_number is null
