-- One row a Job of a declared workload that succeeded in the window (cluster, namespace, job).
with series as (
    select
        cluster,
        series_id,
        any_value(namespace) as namespace,
        any_value(coalesce(labels['job_name'], labels['exported_job'])) as job_name
    from {{ ref('stg_metrics__series') }}
    where metric = 'kube_job_status_succeeded'
    group by all
),

gauges as (
    select
        gauges.cluster,
        gauges.hour,
        gauges.max as succeeded,
        coalesce(series.namespace, '') as namespace,
        series.job_name
    from {{ ref('stg_metrics__gauge_hourly') }} as gauges
    inner join series
        on gauges.cluster = series.cluster and gauges.series_id = series.series_id
    where gauges.metric = 'kube_job_status_succeeded' and series.job_name is not null
),

clusters as (
    select
        cluster,
        min(hour) as first_hour
    from gauges
    group by all
),

jobs as (
    select
        cluster,
        namespace,
        job_name,
        min(hour) as first_seen,
        max(succeeded) as pods_succeeded,
        arg_max(succeeded, -epoch(hour)) as succeeded_at_first
    from gauges
    group by all
),

finished as (
    select
        jobs.cluster,
        jobs.namespace,
        jobs.job_name,
        regexp_replace(jobs.job_name, '-[0-9]{8,10}$', '') as owner_name,
        jobs.pods_succeeded,
        min(gauges.hour) as finished_in_hour
    from jobs
    inner join gauges
        on
            jobs.cluster = gauges.cluster
            and jobs.namespace = gauges.namespace
            and jobs.job_name = gauges.job_name
            and jobs.pods_succeeded = gauges.succeeded
    inner join clusters on jobs.cluster = clusters.cluster
    -- already finished when the window opened: not this window's work
    where jobs.pods_succeeded >= 1 and not (jobs.first_seen = clusters.first_hour and jobs.succeeded_at_first >= 1)
    group by all
),

workloads as (
    select
        service,
        workload,
        kind,
        namespace,
        coalesce({{ label_pairs('labels') }}, []) as label_pairs
    from {{ ref('stg_declared__workloads') }}
    where kind in ('training', 'batch', 'embeddings') and (namespace is not null or cardinality(labels) > 0)
),

by_pods as (
    select
        cluster,
        namespace,
        owner_name,
        min(workload) as workload
    from {{ ref('int_workloads__pods') }}
    where is_declared and owner_name is not null
    group by all
    having count(distinct workload) = 1
),

by_template as (
    select
        templates.cluster,
        templates.namespace,
        templates.name,
        min(workloads.workload) as workload
    from {{ ref('int_workloads__templates') }} as templates
    inner join workloads
        on
            (workloads.namespace is null or templates.namespace = workloads.namespace)
            and list_has_all(templates.label_pairs, workloads.label_pairs)
    where templates.kind in ('Job', 'CronJob')
    group by all
    having count(distinct workloads.workload) = 1
),

attributed as (
    select
        finished.cluster,
        finished.namespace,
        finished.job_name,
        finished.finished_in_hour,
        coalesce(min(by_pods.workload), min(by_template.workload)) as workload
    from finished
    left join by_pods
        on
            finished.cluster = by_pods.cluster
            and finished.namespace = by_pods.namespace
            and by_pods.owner_name in (finished.job_name, finished.owner_name)
    left join by_template
        on
            (by_template.cluster is null or finished.cluster = by_template.cluster)
            and finished.namespace = by_template.namespace
            and by_template.name in (finished.job_name, finished.owner_name)
    group by all
)

select
    attributed.cluster,
    attributed.namespace,
    attributed.job_name,
    workloads.service,
    workloads.workload,
    workloads.kind,
    attributed.finished_in_hour
from attributed
inner join workloads on attributed.workload = workloads.workload
