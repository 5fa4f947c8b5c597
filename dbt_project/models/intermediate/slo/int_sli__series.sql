-- One row a series (or histogram) and day that can feed an SLI, with its labels.
-- What two sources read of one pod, or two replicas of one Prometheus, counts once: the fuller one.
with aliases as (
    select
        sli_input,
        runtime,
        tier,
        preference,
        form,
        metric,
        factor,
        outcome
    from {{ ref('metric_aliases') }}
),

counters_and_gauges as (
    select
        source,
        cluster,
        series_id,
        metric,
        labels,
        namespace,
        pod,
        cast(first_ts as date) as day,
        first_ts,
        last_ts,
        samples
    from {{ ref('stg_metrics__series') }}
    where metric in (select metric from aliases where form in ('counter', 'gauge'))
),

-- Every classic histogram has a bucket +Inf; one without it has no total and can answer nothing.
histograms as (
    select
        source,
        cluster,
        histogram_id as series_id,
        metric,
        any_value(labels) as labels,
        any_value(namespace) as namespace,
        any_value(pod) as pod,
        cast(bucket_start as date) as day,
        min(bucket_start) as first_ts,
        max(bucket_start) as last_ts,
        sum(samples) as samples
    from {{ ref('stg_metrics__histogram_5m') }}
    where le = cast('infinity' as double) and metric in (select metric from aliases where form = 'histogram')
    group by source, cluster, histogram_id, metric, cast(bucket_start as date)
),

series as (
    select
        if(metric in (select metric from aliases where form = 'gauge'), 'gauge', 'counter') as form,
        *
    from counters_and_gauges
    union all
    select
        'histogram' as form,
        *
    from histograms
),

weighed as (
    select
        *,
        coalesce(namespace, '') || '/' || {{ told_of('pod', 'labels') }} as told_of,
        sum(samples) over (
            partition by form, cluster, metric, day, coalesce(namespace, ''), {{ told_of('pod', 'labels') }}, source
        ) as samples_of_source
    from series
),

of_one_source as (
    select *
    from weighed
    qualify dense_rank() over (partition by form, cluster, metric, day, told_of order by samples_of_source desc, source asc) = 1
)

select
    series.form,
    aliases.sli_input,
    aliases.runtime,
    aliases.runtime in ('istio', 'nginx', 'knative', 'gie') as is_edge,
    aliases.tier,
    aliases.preference,
    aliases.factor,
    series.source,
    series.cluster,
    series.series_id,
    series.metric,
    {{ without_replica_labels('series.labels') }} as labels,
    series.namespace,
    series.pod,
    series.day,
    series.first_ts,
    series.last_ts,
    series.samples,
    aliases.outcome as counted,
    case aliases.outcome
        when 'label' then {{ request_outcome('series.labels') }}
        when 'good' then 'good'
        when 'bad' then {{ failure_outcome('series.labels') }}
        -- a version that writes the status on the total needs no second counter
        when 'all' then coalesce({{ request_outcome('series.labels') }}, 'all')
        when 'bad_of_all' then if(regexp_matches(coalesce({{ error_code('series.labels') }}, '5'), '^5'), 'bad_of_all', null)
    end as outcome
from of_one_source as series
inner join aliases
    on series.form = aliases.form and series.metric = aliases.metric
where not {{ is_probe('series.labels') }}
qualify
    row_number() over (
        partition by
            series.form, series.cluster, series.metric, series.day, aliases.sli_input,
            map_entries({{ without_replica_labels('series.labels') }})
        order by series.samples desc, {{ replica_of('series.labels') }} asc, series.series_id asc
    ) = 1
