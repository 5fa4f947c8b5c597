-- One row a service and SLI input: the metric in use and the label matchers that pick the service's series and nobody else's.
-- Every other series is excluded by the first label that tells it apart; the labels needed for that are the matchers.
{%- set identity = [
    'namespace', 'exported_namespace', 'destination_service_namespace', 'destination_workload_namespace', 'destination_service_name',
    'destination_workload', 'destination_service', 'service', 'exported_service', 'service_name', 'ingress', 'reporter', 'model_name', 'app',
    'container', 'job', 'cluster',
] %}
with series as (
    select *
    from {{ ref('int_sli__query_series') }}
),

inputs as (
    select
        service,
        sli_input,
        any_value(form) as form,
        list_sort(list(distinct metric)) as metrics,
        any_value(factor) as factor,
        list_sort(list(distinct cluster)) as clusters,
        any_value(last_day) as last_day,
        count(*) filter (where is_own) as series,
        list_sort(list(distinct {{ status_label('labels') }}) filter (where is_own)) as status_labels,
        coalesce(bool_or({{ status_code('labels') }} in ('success', 'error')) filter (where is_own), false) as has_words,
        coalesce(bool_or({{ status_code('labels') }} not in ('success', 'error')) filter (where is_own), false) as has_codes,
        coalesce(bool_or(labels['response_flags'] is not null) filter (where is_own), false) as has_flags
    from series
    group by service, sli_input
),

names as (
    select
        unnest({{ identity }}) as name,
        unnest(range(1, {{ identity | length + 1 }})) as place
),

-- A label can pick when all of the service's series have it, with few values.
usable as (
    select
        series.service,
        series.sli_input,
        names.name,
        names.place,
        list_sort(list(distinct series.labels[names.name])) as label_values
    from series
    cross join names
    where series.is_own
    group by series.service, series.sli_input, names.name, names.place
    having count(*) = count(series.labels[names.name]) and count(distinct series.labels[names.name]) <= 10
),

others as (
    select
        series.service,
        series.sli_input,
        series.metric,
        series.cluster,
        series.labels,
        min(usable.place) filter (where not list_contains(usable.label_values, coalesce(series.labels[usable.name], ''))) as excluded_by
    from series
    left join usable
        on series.service = usable.service and series.sli_input = usable.sli_input
    where not series.is_own and not series.is_probe and series.is_request
    group by series.service, series.sli_input, series.metric, series.cluster, series.labels
),

needed as (
    select
        service,
        sli_input,
        excluded_by as place
    from others
    where excluded_by is not null
    union
    -- nobody else has the metric today; tomorrow somebody may
    select
        service,
        sli_input,
        min(place) as place
    from usable
    group by service, sli_input
),

matchers as (
    select
        usable.service,
        usable.sli_input,
        list(
            usable.name || case
                when len(usable.label_values) = 1 then '="' || {{ promql_text('usable.label_values[1]') }} || '"'
                else
                    '=~"' || {{ promql_text(
                        "array_to_string(list_transform(usable.label_values, lambda one: regexp_replace(one, '([\\\\.+*?()|\\[\\]{}^$])', '\\\\\\1', 'g')), '|')"
                    ) }} || '"'
            end
            order by usable.place
        ) as label_matchers
    from usable
    inner join needed
        on usable.service = needed.service and usable.sli_input = needed.sli_input and usable.place = needed.place
    group by usable.service, usable.sli_input
),

probes as (
    select
        service,
        sli_input,
        list_sort(list(distinct {{ probe_label('labels') }})) as probe_labels
    from series
    where is_probe
    group by service, sli_input
),

inseparable as (
    select
        service,
        sli_input,
        count(*) as series
    from others
    where excluded_by is null
    group by service, sli_input
)

select
    inputs.service,
    inputs.sli_input,
    inputs.form,
    inputs.metrics[1] as metric,
    inputs.factor,
    inputs.clusters,
    inputs.last_day,
    inputs.series,
    inputs.status_labels[1] as status_label,
    inputs.has_words,
    inputs.has_flags,
    list_concat(
        coalesce(matchers.label_matchers, []),
        list_transform(coalesce(probes.probe_labels, []), lambda label: label || '!~"(?i)(.*/)?({{ probe_paths() }})/?"')
    ) as label_matchers,
    case
        when inputs.form = 'counter' and inputs.status_labels[1] is null
            then
                array_to_string(inputs.metrics, ' and ') || ' tell failures by name and not by a label: write the queries by hand'
        when len(inputs.metrics) > 1
            then 'its series have several names on the last day, ' || array_to_string(inputs.metrics, ', ') || ': finish the rename'
        when inseparable.series > 0
            then
                inputs.metrics[1] || ' has ' || inseparable.series
                || ' series of others that no label (namespace, service, job, …) tells apart: '
                || 'give the service''s series a label of their own'
        when inputs.form = 'counter' and (len(inputs.status_labels) <> 1 or (inputs.has_words and inputs.has_codes))
            then 'the status of its requests is written in several ways: ' || array_to_string(inputs.status_labels, ', ')
    end as reason
from inputs
left join matchers
    on inputs.service = matchers.service and inputs.sli_input = matchers.sli_input
left join probes
    on inputs.service = probes.service and inputs.sli_input = probes.sli_input
left join inseparable
    on inputs.service = inseparable.service and inputs.sli_input = inseparable.sli_input
