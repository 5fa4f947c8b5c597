-- One row a rule, a counter that it selects and five minutes, with the counter's increase. Only a rule that asks whether there was any
-- increase can be told from it: how much a rate is at a moment depends on where in the five minutes the samples lie.
with rules as (
    select
        rule_number,
        cluster,
        compared_metric,
        matchers
    from {{ ref('int_guardrails__comparisons') }}
    where compared = 'increase' and operator = '>' and threshold = 0
),

of_counters as (
    select
        rules.rule_number,
        cast(counters.series_id as varchar) as place,
        counters.bucket_start,
        counters.increase
    from rules
    inner join {{ ref('int_guardrails__selected_series') }} as selected on rules.rule_number = selected.rule_number
    inner join {{ ref('stg_metrics__counter_5m') }} as counters
        on selected.cluster = counters.cluster and selected.series_id = counters.series_id
),

of_histograms as (
    select
        rules.rule_number,
        histograms.histogram_id || ' ' || histograms.le as place,
        histograms.bucket_start,
        histograms.increase
    from rules
    inner join {{ ref('stg_metrics__histogram_5m') }} as histograms
        on rules.cluster = histograms.cluster and rules.compared_metric = histograms.metric || '_bucket'
    where len(rules.matchers) = 0
)

select * from of_counters
union all
select * from of_histograms
