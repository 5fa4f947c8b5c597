-- One row a service, SLI input, cluster and label set (without le) of the metrics in use: whose requests a query on them could count.
-- In use are the metrics that fed the SLI on its last day; names from before a rename are nobody's future.
with feeding as (
    select
        sources.service,
        sources.sli_input,
        sources.form,
        sources.metric,
        sources.factor,
        sources.cluster,
        sources.series_id,
        sources.day,
        series.labels
    from {{ ref('int_sli__sources') }} as sources
    inner join {{ ref('int_sli__series') }} as series
        on
            sources.form = series.form
            and sources.series_id = series.series_id
            and sources.sli_input = series.sli_input
            and sources.day = series.day
    where sources.sli_input in ('requests_by_status', 'e2e')
),

last_days as (
    select
        service,
        sli_input,
        max(day) as last_day
    from feeding
    group by service, sli_input
),

in_use as (
    select distinct
        feeding.service,
        feeding.sli_input,
        feeding.form,
        feeding.metric,
        feeding.factor,
        feeding.cluster,
        last_days.last_day
    from feeding
    inner join last_days
        on feeding.service = last_days.service and feeding.sli_input = last_days.sli_input and feeding.day = last_days.last_day
),

own as (
    select
        service,
        sli_input,
        metric,
        cluster,
        any_value(labels) as labels
    from feeding
    group by service, sli_input, metric, cluster, series_id
),

metrics as (
    select distinct
        form,
        metric,
        cluster,
        if(form = 'histogram', metric || '_bucket', metric) as sample_name
    from in_use
),

-- By id before any labels are taken apart: a series has as many rows as days.
seen as (
    select
        metrics.form,
        metrics.metric,
        metrics.cluster,
        any_value({{ without_replica_labels('series.labels') }}) as labels,
        max(cast(series.last_ts as date)) as last_day
    from {{ ref('stg_metrics__series') }} as series
    inner join metrics
        on series.metric = metrics.sample_name and series.cluster = metrics.cluster
    group by metrics.form, metrics.metric, metrics.cluster, series.series_id
),

taken_apart as (
    select
        form,
        metric,
        cluster,
        map_from_entries(list_filter(map_entries(labels), lambda label: label['key'] <> 'le')) as labels,
        labels['le'] as le,
        max(last_day) as last_day
    from seen
    group by all
),

label_sets as (
    select
        form,
        metric,
        cluster,
        labels,
        map_from_entries(list(struct_pack(key := le, value := last_day)) filter (where le is not null)) as les,
        max(last_day) as last_day
    from taken_apart
    group by form, metric, cluster, labels
)

select
    in_use.service,
    in_use.sli_input,
    in_use.form,
    in_use.metric,
    in_use.factor,
    in_use.cluster,
    in_use.last_day,
    label_sets.labels,
    label_sets.last_day = in_use.last_day as is_current,
    -- the bounds as the exposition writes them, of the last day
    list_sort(list_filter(map_keys(label_sets.les), lambda le: label_sets.les[le] = in_use.last_day)) as les,
    own.service is not null as is_own,
    {{ is_probe('label_sets.labels') }} as is_probe,
    in_use.form = 'histogram' or {{ request_outcome('label_sets.labels') }} is not null as is_request
from in_use
inner join label_sets
    on in_use.form = label_sets.form and in_use.metric = label_sets.metric and in_use.cluster = label_sets.cluster
left join own
    on
        in_use.service = own.service
        and in_use.sli_input = own.sli_input
        and in_use.metric = own.metric
        and in_use.cluster = own.cluster
        and label_sets.labels = own.labels
