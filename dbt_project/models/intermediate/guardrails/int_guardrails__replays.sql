-- One row an alerting rule: how often its condition was met in the window for as long as the rule waits, at least and at most, as far as
-- the rollups tell; or why they don't. A time is an unbroken stretch of one series: hours of a gauge, five minutes of a counter.
with rules as (
    select * from {{ ref('int_guardrails__comparisons') }}
),

-- is_possible: it held at some moment of the hour, or may have; is_certain: it surely did; is_full: at every sample.
hours as (
    select
        rules.rule_number,
        rules.for_seconds,
        levels.place,
        levels.hour,
        levels.seconds,
        case rules.operator
            when '>' then levels.most > rules.threshold
            when '>=' then levels.most >= rules.threshold
            when '<' then levels.least < rules.threshold
            when '<=' then levels.least <= rules.threshold
            when '==' then rules.threshold between levels.least and levels.most
            else not (levels.least = rules.threshold and levels.most = rules.threshold)
        end as is_possible,
        rules.operator <> '==' or list_contains([levels.least, levels.most, levels.last], rules.threshold) as is_certain,
        coalesce(
            case rules.operator
                when '>' then levels.least > rules.threshold
                when '>=' then levels.least >= rules.threshold
                when '<' then levels.most < rules.threshold
                when '<=' then levels.most <= rules.threshold
                when '==' then levels.least = rules.threshold and levels.most = rules.threshold
                else rules.threshold not between levels.least and levels.most
            end,
            false
        ) as is_full
    from {{ ref('int_guardrails__levels') }} as levels
    inner join rules on levels.rule_number = rules.rule_number
),

touched as (
    select
        *,
        hour - to_hours(row_number() over (partition by rule_number, place order by hour)) as stretch,
        hour - to_hours(row_number() over (partition by rule_number, place, is_full order by hour)) as run
    from hours
    where is_possible
),

full_runs as (
    select
        rule_number,
        place,
        stretch,
        sum(seconds) as seconds
    from touched
    where is_full
    group by rule_number, place, stretch, run
),

longest_runs as (
    select
        rule_number,
        place,
        stretch,
        max(seconds) as seconds
    from full_runs
    group by all
),

hour_stretches as (
    select
        touched.rule_number,
        touched.place,
        touched.stretch,
        -- a tenth is left for what lies between two samples
        if(
            any_value(touched.for_seconds) = 0,
            bool_or(touched.is_certain),
            coalesce(any_value(longest_runs.seconds) * 0.9 >= any_value(touched.for_seconds), false)
        ) as is_certain,
        count(*) * 3600 >= any_value(touched.for_seconds) as is_possible
    from touched
    left join longest_runs
        on
            touched.rule_number = longest_runs.rule_number
            and touched.place = longest_runs.place
            and touched.stretch = longest_runs.stretch
    group by touched.rule_number, touched.place, touched.stretch
),

rises as (
    select
        risings.rule_number,
        risings.place,
        risings.bucket_start,
        rules.for_seconds,
        rules.range_seconds,
        coalesce(
            epoch(risings.bucket_start - lag(risings.bucket_start) over same_counter) > rules.range_seconds + 300, true
        ) as is_new
    from {{ ref('int_guardrails__risings') }} as risings
    inner join rules on risings.rule_number = rules.rule_number
    where risings.increase > 0
    window same_counter as (partition by risings.rule_number, risings.place order by risings.bucket_start)
),

numbered_rises as (
    select
        *,
        count(*) filter (where is_new) over (partition by rule_number, place order by bucket_start) as stretch
    from rises
),

rise_stretches as (
    select
        rule_number,
        any_value(for_seconds) = 0 as is_certain,
        epoch(max(bucket_start) - min(bucket_start)) + 300 + any_value(range_seconds) >= any_value(for_seconds) as is_possible
    from numbered_rises
    group by rule_number, place, stretch
),

-- Crossings of 95 % are kept to the sample, where they lasted five minutes.
is_watched as (
    select
        rule_number,
        compared = 'memory_share' and operator in ('>', '>=') and threshold = 0.95 and for_seconds >= 300 as is_watched
    from rules
),

crossings as (
    select
        rules.rule_number,
        true as is_certain,
        true as is_possible
    from rules
    inner join is_watched on rules.rule_number = is_watched.rule_number
    inner join {{ ref('int_guardrails__memory_crossings') }} as crossings on rules.cluster = crossings.cluster
    where is_watched.is_watched and epoch(crossings.ended_at - crossings.started_at) >= rules.for_seconds * 0.9
),

firings as (
    select
        rules.rule_number,
        true as is_certain,
        true as is_possible
    from rules
    inner join {{ ref('int_guardrails__firings') }} as firings
        on rules.cluster = firings.cluster and list_contains(rules.matchers, 'alertname=' || firings.alert)
    where
        rules.compared_metric = 'ALERTS'
        and epoch(firings.ended_at - firings.started_at) >= rules.for_seconds * 0.9
),

stretches as (
    select
        hour_stretches.rule_number,
        hour_stretches.is_certain,
        hour_stretches.is_possible
    from hour_stretches
    inner join is_watched on hour_stretches.rule_number = is_watched.rule_number
    where not is_watched.is_watched
    union all
    select * from rise_stretches
    union all
    select * from crossings
    union all
    select * from firings
),

counted as (
    select
        rule_number,
        count(*) filter (where is_certain and is_possible) as low,
        count(*) filter (where is_possible) as high
    from stretches
    group by rule_number
),

kept as (
    select
        rules.rule_number,
        case
            when rules.not_compared is not null then rules.not_compared
            when rules.compared is null or rules.for_seconds is null then 'it cannot be evaluated'
            when
                rules.compared_metric = 'ALERTS'
                then
                    if(
                        rules.operator in ('==', '>=', '>')
                        and rules.threshold between 0 and 1
                        and (rules.operator = '>') = (rules.threshold < 1)
                        and list_sort(rules.matchers)[1] similar to 'alertname=[^~].*'
                        and list_sort(rules.matchers)[2] = 'alertstate=firing'
                        and len(rules.matchers) = 2,
                        null,
                        'of alerts only how long one of a given name fired is kept'
                    )
            when
                rules.compared = 'increase' and not (rules.operator = '>' and rules.threshold = 0)
                then 'increases are kept in steps of five minutes, which tell whether there was any, not how fast it was at a moment'
            when
                rules.compared = 'increase' and risings.rule_number is null and exists (
                    select 1
                    from {{ ref('stg_metrics__counter_5m') }} as counters
                    where counters.cluster = rules.cluster and counters.metric = rules.compared_metric
                ) then null
            when rules.compared = 'increase' and risings.rule_number is null then 'no increase of ' || rules.compared_metric || ' is kept'
            when rules.compared <> 'increase' and levels.rule_number is null and exists (
                select 1
                from {{ ref('stg_metrics__gauge_hourly') }} as gauges
                where gauges.cluster = rules.cluster and gauges.metric = rules.compared_metric
            ) then null
            when rules.compared <> 'increase' and levels.rule_number is null
                then
                    'what is kept of ' || rules.compared_metric || ' does not tell whether it was '
                    || rules.operator || ' ' || rules.threshold
        end as reason
    from rules
    left join (select distinct rule_number from {{ ref('int_guardrails__risings') }}) as risings
        on rules.rule_number = risings.rule_number
    left join (select distinct rule_number from {{ ref('int_guardrails__levels') }}) as levels
        on rules.rule_number = levels.rule_number
)

select
    rules.rule_number,
    if(kept.reason is null, coalesce(counted.low, 0), null) as conditions_met_low,
    if(kept.reason is null, coalesce(counted.high, 0), null) as conditions_met_high,
    case
        when kept.reason is not null then 'not replayed: ' || kept.reason
        when conditions_met_low < conditions_met_high and rules.for_seconds = 0
            then 'replayed; that it was ' || rules.threshold || ' is not always kept'
        when conditions_met_low < conditions_met_high
            then 'replayed; whether it held for the ' || cast(rules.for_seconds as bigint) || ' s that the rule waits is not always kept'
        when is_watched.is_watched then 'replayed by its crossings'
        when rules.compared_metric = 'ALERTS' then 'replayed by its firings'
        when rules.compared = 'increase' then 'replayed by five minutes'
        else 'replayed by the hour'
    end as replay
from rules
inner join kept on rules.rule_number = kept.rule_number
inner join is_watched on rules.rule_number = is_watched.rule_number
left join counted on rules.rule_number = counted.rule_number
