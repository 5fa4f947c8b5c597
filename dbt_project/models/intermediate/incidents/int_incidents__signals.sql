-- One row a place, hour and thing that metrics saw there and that speaks for a failure mode: a new XID code, time lost to heat, another
-- driver release, a GPU pod that waits, a container that was killed for memory. None of them proves an incident.
with xids as (
    select
        gpus.cluster,
        gpus.node,
        gpus.namespace,
        gpus.pod,
        gpus.hour,
        codes.mode,
        codes.detail,
        codes.weight,
        'xid ' || codes.xid || ' on ' || gpus.node || ' GPU ' || gpus.gpu as words
    from (
        select
            *,
            -- A gauge of the last code: it stays until the next one, and what it was before the data began is unknown.
            lag(xid_last) over (partition by source, cluster, node, gpu order by hour, pod nulls first) as xid_before
        from {{ ref('stg_metrics__gpu_hourly') }}
        where xid_last is not null
    ) as gpus
    inner join {{ ref('xid_codes') }} as codes on gpus.xid_last = codes.xid
    where gpus.xid_last <> gpus.xid_before
),

heat as (
    select
        cluster,
        node,
        namespace,
        pod,
        hour,
        'thermal_throttling' as mode,
        'thermal_violation' as detail,
        4.0 as weight,
        'time lost to heat on ' || node || ' GPU ' || gpu as words
    from {{ ref('stg_metrics__gpu_hourly') }}
    where thermal_violation_increase > 0
),

drivers as (
    select
        *,
        lag(driver) over (partition by source, cluster, node order by hour) as driver_before
    from (
        select
            source,
            cluster,
            node,
            hour,
            coalesce(
                labels['nvidia_com_cuda_driver_version_full'],
                nullif(concat_ws(
                    '.',
                    labels['nvidia_com_cuda_driver_major'],
                    labels['nvidia_com_cuda_driver_minor'],
                    labels['nvidia_com_cuda_driver_rev']
                ), '')
            ) as driver
        from {{ ref('stg_metrics__node_hourly') }}
    )
    where driver is not null
),

driver_changes as (
    select
        cluster,
        node,
        null as namespace,
        null as pod,
        hour,
        'driver_kernel_drift' as mode,
        'driver_changed' as detail,
        4.0 as weight,
        'driver ' || driver_before || ' became ' || driver || ' on ' || node as words
    from drivers
    where driver <> driver_before
),

waiting as (
    select
        cluster,
        node,
        namespace,
        pod,
        hour,
        'scheduling_failure' as mode,
        'pending' as detail,
        4.0 as weight,
        pod || ' waited for ' || gpus_requested || ' GPUs' as words
    from {{ ref('stg_metrics__pod_hourly') }}
    where pending_share >= 0.5 and gpus_requested > 0
),

killed_series as (
    select
        cluster,
        series_id,
        coalesce(labels['exported_namespace'], labels['namespace']) as namespace,
        coalesce(labels['exported_pod'], labels['pod']) as pod
    from {{ ref('stg_metrics__series') }}
    where metric = 'kube_pod_container_status_last_terminated_reason' and labels['reason'] = 'OOMKilled'
),

-- The kernel kills for host memory: a hint, no word on the device.
killed as (
    select
        pods.cluster,
        pods.node,
        pods.namespace,
        pods.pod,
        pods.hour,
        'vram_exhaustion' as mode,
        'oom_killed' as detail,
        1.0 as weight,
        pods.pod || ' was killed for memory' as words
    from {{ ref('stg_metrics__pod_hourly') }} as pods
    inner join killed_series
        on pods.cluster = killed_series.cluster and pods.namespace = killed_series.namespace and pods.pod = killed_series.pod
    inner join {{ ref('stg_metrics__gauge_hourly') }} as gauges
        on killed_series.cluster = gauges.cluster and killed_series.series_id = gauges.series_id and pods.hour = gauges.hour
    where pods.restarts_increase > 0 and gauges.max > 0
),

seen as (
    select * from xids
    union all
    select * from heat
    union all
    select * from driver_changes
    union all
    select * from waiting
    union all
    select * from killed
)

-- what two metric sources saw is one thing
select distinct
    seen.cluster,
    lower(seen.node) as node,
    lower(seen.pod) as pod,
    names.service,
    seen.hour,
    seen.mode,
    seen.detail,
    seen.weight,
    seen.words || ' at ' || strftime(seen.hour, '%Y-%m-%d %H:00') || ' UTC' as words
from seen
left join {{ ref('int_incidents__names') }} as names on names.kind = 'pod' and lower(seen.pod) = names.name
