-- One row a group of sources: whether every declared source of it delivered, for which share of the window, and what its data is, as one
-- digest. `gap` says what is missing; null when nothing is. `placement` is a part of metrics: which pods were on which nodes.
with groups as (
    select unnest(['billing', 'incidents', 'metrics', 'manifests', 'declared']) as source_group
),

audit as (
    select
        window_start,
        window_end,
        date_diff('day', window_start, window_end) + 1 as window_days
    from {{ ref('meta_audit') }}
),

sources as (
    select
        source,
        source_group,
        sum(rows_loaded) as rows_loaded,
        bool_or(len(uris) > 0) as was_read,
        count(distinct day) filter (where rows_loaded > 0) as days_with_rows,
        min(day) filter (where rows_loaded > 0) as first_day,
        max(day) filter (where rows_loaded > 0) as last_day,
        coalesce(bool_and(table_name = 'alertmanager_alerts'), false) as tells_of_alerts_only,
        coalesce(sum(rows_loaded) filter (where table_name = 'k8s_containers'), 0) = 0 as tells_of_no_pods,
        coalesce(sum(rows_loaded) filter (where table_name not in ('machine_pools', 'chart_releases')), 0) = 0 as tells_of_machines_only,
        coalesce(sum(rows_loaded) filter (where table_name = 'pagerduty_incidents'), 0) as pagerduty_incidents,
        any_value(gap_reason order by day) as gap_reason
    from {{ ref('meta_sources') }}
    group by all
),

terraform as (
    select source
    from {{ ref('stg_declared__sources') }}
    where kind = 'terraform'
),

-- an incident began in the window where its log says so
triggered as (
    select distinct source
    from {{ ref('stg_incidents__pagerduty_log_entries') }}
    where entry_type = 'trigger'
),

judged as (
    select
        source,
        source_group,
        days_with_rows,
        first_day,
        last_day,
        tells_of_alerts_only,
        tells_of_no_pods,
        tells_of_machines_only,
        pagerduty_incidents = 0 and source in (select triggered.source from triggered) as lacks_its_incidents,
        -- a quiet pager is an answer: reading it and finding nothing is not silence; nor is a state of networks and databases
        rows_loaded > 0
        or source_group = 'declared'
        or (was_read and (source_group = 'incidents' or source in (select terraform.source from terraform))) as delivered,
        gap_reason
    from sources
),

by_cluster as (
    select
        coalesce(declared.cluster, 'an unnamed cluster') as cluster,
        coalesce(sum(loaded.rows_loaded) filter (where loaded.table_name = 'pod_hourly'), 0) as pods,
        coalesce(sum(loaded.rows_loaded) filter (where loaded.table_name = 'node_hourly'), 0) as nodes,
        coalesce(sum(loaded.rows_loaded) filter (where loaded.table_name = 'gpu_hourly'), 0) as gpus
    from {{ ref('stg_declared__sources') }} as declared
    left join {{ ref('meta_sources') }} as loaded
        on declared.source = loaded.source
    where declared.source_group = 'metrics'
    group by all
),

placement as (
    select
        'placement' as source_group,
        -- a server that only watches applications need not know of pods where another one does
        'no pods or no nodes in the metrics (kube-state-metrics) of '
        || string_agg(cluster, ', ' order by cluster) filter (where (pods = 0 or nodes = 0) and (gpus > 0 or all_pods = 0)) as gap
    from (
        select
            *,
            sum(pods) over () as all_pods
        from by_cluster
    )
),

digests as (
    select
        source_group,
        -- of what went in, not of the files: pseudonyms differ between homes, and so do the files that hold them
        sha256(string_agg(concat_ws('/', source, table_name, day, input_digest), ';' order by source, table_name, day)) as digest
    from {{ ref('meta_sources') }}
    group by source_group
),

summed as (
    select
        groups.source_group,
        count(judged.source) as sources,
        bool_and(judged.delivered) as all_delivered,
        bool_and(judged.tells_of_alerts_only) as tells_of_alerts_only,
        bool_and(judged.tells_of_no_pods) as tells_of_no_pods,
        bool_and(judged.tells_of_machines_only) as tells_of_machines_only,
        string_agg(
            'incidents source ' || judged.source || ' delivered the log of incidents that began in the window, and none of the incidents',
            '; ' order by judged.source
        ) filter (where judged.lacks_its_incidents) as without_incidents,
        min(judged.days_with_rows) as fewest_days,
        date_diff('day', min(judged.first_day), max(judged.last_day)) + 1 as span_days,
        string_agg(
            groups.source_group
            || ' source '
            || judged.source
            || ' delivered nothing ('
            || coalesce(judged.gap_reason, 'no reason is recorded')
            || ')',
            '; ' order by judged.source
        ) filter (where not judged.delivered) as silent
    from groups
    left join judged
        on groups.source_group = judged.source_group
    group by groups.source_group
)

select
    summed.source_group,
    case
        when summed.source_group = 'declared' then null
        when summed.sources = 0 then 'no ' || summed.source_group || ' source is declared'
        when not summed.all_delivered then summed.silent
        when summed.source_group = 'manifests' and summed.tells_of_machines_only
            then 'no Kubernetes objects: Terraform tells of machines and not of what runs on them'
        when summed.source_group = 'manifests' and summed.tells_of_no_pods
            then 'the manifests hold nothing that runs: no object with containers'
        when summed.without_incidents is not null then summed.without_incidents
        when summed.tells_of_alerts_only then 'no pages or conversations: alerts alone do not say what anybody acted on'
    end as gap,
    case
        when summed.source_group in ('declared', 'manifests') then if(summed.sources > 0, 1.0, 0.0)
        -- most days have no incident: covered is what lies between the first record and the last
        when summed.source_group = 'incidents' then if(summed.span_days is not null, least(1.0, summed.span_days / audit.window_days), null)
        else coalesce(summed.fewest_days, 0) / audit.window_days
    end as coverage,
    coalesce(digests.digest, sha256('')) as digest
from summed
left join digests
    on summed.source_group = digests.source_group
cross join audit
union all
select
    source_group,
    gap,
    null as coverage,
    sha256('') as digest
from placement
