-- One row a series that counts work (cluster, series_id, workload, role): whose work, and what of it.
with usual as (
    select
        role,
        metric,
        preference
    from {{ ref('unit_counters') }}
),

workloads as (
    select
        service,
        workload,
        kind,
        namespace,
        units_counter,
        coalesce({{ label_pairs('labels') }}, []) as label_pairs,
        count(*) filter (where kind = 'inference') over (partition by service) as inference_workloads_of_service
    from {{ ref('stg_declared__workloads') }}
),

wanted as (
    select
        workloads.service,
        workloads.workload,
        workloads.kind,
        workloads.namespace,
        workloads.label_pairs,
        workloads.inference_workloads_of_service,
        usual.role,
        usual.metric,
        usual.preference
    from workloads
    inner join usual
        on
            workloads.kind = 'inference'
            or (workloads.kind = 'embeddings' and usual.role in ('prompt_tokens', 'requests'))
    union all
    select
        service,
        workload,
        kind,
        namespace,
        label_pairs,
        inference_workloads_of_service,
        'declared' as role,
        unnest(list_distinct(
            [units_counter, units_counter || '_total', regexp_replace(units_counter, '_total$', '')]
        )) as metric,
        0 as preference
    from workloads
    where units_counter is not null
),

series as (
    select
        cluster,
        series_id,
        metric,
        coalesce(namespace, '') as namespace,
        pod,
        any_value(labels) as labels
    from {{ ref('stg_metrics__series') }}
    where metric in (select wanted.metric from wanted)
    group by all
),

described as (
    select
        series.cluster,
        series.series_id,
        series.metric,
        series.namespace,
        series.labels['service'] as service_label,
        {{ label_pairs('series.labels') }} as label_pairs,
        pods.workload as pod_workload
    from series
    left join {{ ref('int_workloads__pods') }} as pods
        on
            series.cluster = pods.cluster
            and series.namespace = pods.namespace
            and series.pod = pods.pod
            and pods.is_declared
    -- a finished request is work, a failed one is not
    where not regexp_matches(coalesce(series.labels['status'], series.labels['code'], ''), '^5|^error$')
),

-- The pod decides; a series of no declared pod is found by the labels of `match`, by its service where that has one inference workload,
-- or because one workload alone declares the counter.
matched as (
    select
        described.cluster,
        described.series_id,
        described.metric,
        wanted.service,
        wanted.workload,
        wanted.kind,
        wanted.role,
        wanted.preference,
        case
            when described.pod_workload = wanted.workload then 1
            when
                len(wanted.label_pairs) > 0
                and list_has_all(described.label_pairs, wanted.label_pairs)
                and (wanted.namespace is null or described.namespace in (wanted.namespace, ''))
                then 2
            when
                described.service_label = wanted.service
                and wanted.kind = 'inference'
                and wanted.inference_workloads_of_service = 1
                then 3
            when
                wanted.role = 'declared'
                and (wanted.namespace is null or described.namespace in (wanted.namespace, ''))
                and count(*) over (partition by described.cluster, described.series_id, wanted.role) = 1
                then 4
        end as found_by
    from described
    inner join wanted
        on
            described.metric = wanted.metric
            and (described.pod_workload is null or described.pod_workload = wanted.workload)
),

closest as (
    select
        cluster,
        series_id,
        metric,
        service,
        workload,
        kind,
        role,
        preference
    from matched
    where found_by is not null
    qualify
        found_by = min(found_by) over (partition by cluster, series_id, role)
        -- a series counts for one workload
        and row_number() over (partition by cluster, series_id, role order by found_by asc, workload asc) = 1
)

-- Runtimes export one fact under several names: each workload is read under the first that it has.
select
    cluster,
    series_id,
    metric,
    service,
    workload,
    kind,
    role
from closest
qualify preference = min(preference) over (partition by workload, role)
