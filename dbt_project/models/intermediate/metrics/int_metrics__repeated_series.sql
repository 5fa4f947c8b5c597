-- One row a source, series and day that counts nowhere, because another source of its cluster saw more of the same: of the pod's metric,
-- or, where a series names no pod, of the series without the labels that name who scraped it. Empty where each cluster has one source.
with shared_clusters as (
    select cluster
    from {{ ref('stg_metrics__series') }}
    group by cluster
    having count(distinct source) > 1
),

series as (
    select
        source,
        cluster,
        series_id,
        metric,
        coalesce(namespace, '') as namespace,
        cast(first_ts as date) as day,
        samples,
        {{ told_of('pod', 'labels') }} as told_of
    from {{ ref('stg_metrics__series') }}
    where cluster in (select cluster from shared_clusters)
),

ranked as (
    select
        source,
        cluster,
        metric,
        namespace,
        told_of,
        day,
        row_number() over (
            partition by cluster, metric, namespace, told_of, day
            order by sum(samples) desc, source asc
        ) as place
    from series
    group by source, cluster, metric, namespace, told_of, day
)

select
    series.source,
    series.cluster,
    series.series_id,
    series.day
from series
inner join ranked
    on
        series.source = ranked.source
        and series.cluster = ranked.cluster
        and series.metric = ranked.metric
        and series.namespace = ranked.namespace
        and series.told_of = ranked.told_of
        and series.day = ranked.day
where ranked.place > 1
