-- One row an alert and an unbroken time in which it fired in one place (namespace and node), whichever of its series did, from
-- Alertmanager and from the ALERTS series of Prometheus. What both tell is one firing, Alertmanager's. Some alerts fire by design and say
-- nothing of trouble: they are heartbeats.
with told as (
    select
        'alertmanager' as source,
        labels['cluster'] as cluster,
        alert,
        severity,
        state = 'suppressed' as is_suppressed,
        text,
        labels,
        list_filter([fingerprint, group_key_sha256], lambda key: key is not null) as keys,
        started_at,
        ended_at,
        time_problem
    from {{ ref('stg_incidents__alertmanager_alerts') }}
    qualify row_number() over (partition by fingerprint, started_at order by ended_at is null, source) = 1
),

-- Prometheus and Alertmanager agree on when a firing began to within a few evaluations.
seen as (
    select
        'prometheus' as source,
        firings.cluster,
        firings.alert,
        firings.labels['severity'] as severity,
        false as is_suppressed,
        cast(null as varchar) as text,
        firings.labels,
        []::varchar[] as keys,
        firings.started_at,
        firings.ended_at,
        cast(null as varchar) as time_problem
    from {{ ref('int_guardrails__firings') }} as firings
    where
        firings.alert is not null
        and not exists (
            select 1
            from told
            where
                told.alert = firings.alert
                and told.started_at between firings.started_at - interval 5 minute and firings.started_at + interval 5 minute
        )
),

-- A scraped series names its own pod apart from the pod that was scraped.
placed as (
    select
        *,
        coalesce(labels['exported_namespace'], labels['namespace']) as namespace,
        lower(coalesce(labels['exported_pod'], labels['pod'])) as pod,
        lower(coalesce(
            labels['node'], labels['Hostname'], labels['hostname'], labels['nodename'], labels['exported_node'], labels['kubernetes_node']
        )) as node
    from (
        select * from told
        union all
        select * from seen
    )
),

marked as (
    select
        *,
        coalesce(
            started_at - max(coalesce(ended_at, started_at)) over (
                partition by source, cluster, alert, namespace, node
                order by started_at, coalesce(ended_at, started_at)
                rows between unbounded preceding and 1 preceding
            ) > interval 5 minute,
            true
        ) as begins
    from placed
),

numbered as (
    select
        *,
        sum(begins::integer) over (
            partition by source, cluster, alert, namespace, node order by started_at, coalesce(ended_at, started_at)
            rows between unbounded preceding and current row
        ) as firing
    from marked
),

fired as (
    select
        source,
        cluster,
        alert,
        namespace,
        node,
        min(started_at) as started_at,
        case when bool_and(ended_at is not null) then max(ended_at) end as ended_at,
        count(*) as series,
        max(severity) as severity,
        bool_and(is_suppressed) as is_suppressed,
        min(time_problem) as time_problem,
        list_sort(list(distinct pod) filter (where pod is not null)) as pods,
        list_distinct(flatten(list(keys))) as keys,
        string_agg(distinct text, chr(10) order by text) as text
    from numbered
    group by source, cluster, alert, namespace, node, firing
),

-- A namespace points to a service only when no other service lives in it.
namespaces as (
    select
        namespace,
        min(service) as service
    from {{ ref('stg_declared__workloads') }}
    where namespace is not null
    group by namespace
    having count(distinct service) = 1
)

select
    concat_ws(':', fired.source, fired.cluster, fired.alert, fired.namespace, fired.node, strftime(fired.started_at, '%Y-%m-%dT%H:%M:%SZ'))
        as member_id,
    fired.source,
    fired.cluster,
    fired.alert,
    fired.severity,
    fired.namespace,
    namespaces.service,
    fired.node,
    coalesce(fired.pods, []) as pods,
    fired.started_at,
    fired.ended_at,
    fired.series,
    fired.is_suppressed,
    fired.time_problem,
    fired.keys,
    fired.alert in ('Watchdog', 'DeadMansSwitch', 'DeadMansSnitch', 'InfoInhibitor') or lower(fired.severity) = 'none' as is_heartbeat,
    coalesce(lower(fired.severity) in ('info', 'information', 'informational', 'debug'), false) as is_informational,
    -- `GpuMemoryHigh` speaks as `Gpu Memory High`, too.
    concat_ws(
        ' ',
        fired.alert,
        regexp_replace(fired.alert, '([a-z0-9])([A-Z])', '\1 \2', 'g'),
        fired.text,
        fired.node,
        array_to_string(fired.pods, ' ')
    ) as text
from fired
left join namespaces on fired.namespace = namespaces.namespace
