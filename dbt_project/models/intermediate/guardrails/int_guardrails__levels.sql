-- One row a rule, a series that it selects and an hour: the least and the most that the compared metric was, as far as the hour keeps it.
with rules as (
    select
        rule_number,
        cluster,
        compared,
        compared_metric,
        matchers,
        operator
    from {{ ref('int_guardrails__comparisons') }}
    where compared in ('value', 'memory_share')
),

of_series as (
    select
        rules.rule_number,
        cast(gauges.series_id as varchar) as place,
        gauges.hour,
        gauges.min as least,
        gauges.max as most,
        gauges.last,
        3600 * gauges.coverage as seconds
    from rules
    inner join {{ ref('int_guardrails__selected_series') }} as selected on rules.rule_number = selected.rule_number
    inner join {{ ref('stg_metrics__gauge_hourly') }} as gauges
        on selected.cluster = gauges.cluster and selected.series_id = gauges.series_id
    where rules.compared = 'value'
),

-- Of a GPU an hour keeps the most, not the least: enough for what must not be exceeded.
gpus as (
    unpivot (
        select
            cluster,
            concat_ws('/', node, gpu, gpu_uuid, mig_instance, namespace, pod) as place,
            hour,
            100 * gpu_util_max as dcgm_fi_dev_gpu_util,
            sm_active_max as dcgm_fi_prof_sm_active,
            gpu_temp_max as dcgm_fi_dev_gpu_temp,
            fb_used_share_max as memory_share
        from {{ ref('stg_metrics__gpu_hourly') }}
    )
    on columns('^(dcgm_|memory_share)')
    into name measure value most
),

of_gpus as (
    select
        rules.rule_number,
        gpus.place,
        gpus.hour,
        cast(null as double) as least,
        gpus.most,
        cast(null as double) as last,
        cast(null as double) as seconds
    from rules
    inner join gpus
        on
            rules.cluster = gpus.cluster
            and if(rules.compared = 'value', lower(rules.compared_metric), rules.compared) = gpus.measure
    where rules.operator in ('>', '>=') and len(rules.matchers) = 0
),

phases as (
    unpivot (
        select
            cluster,
            namespace || '/' || pod as place,
            hour,
            coverage,
            pending_share as pending,
            running_share as running
        from {{ ref('stg_metrics__pod_hourly') }}
    )
    on pending, running
    into name phase value share
),

-- A phase is 1 while the pod is in it, else 0.
of_pods as (
    select
        rules.rule_number,
        phases.place,
        phases.hour,
        if(phases.share >= 1, 1, 0)::double as least,
        if(phases.share > 0, 1, 0)::double as most,
        cast(null as double) as last,
        3600 * phases.coverage as seconds
    from rules
    inner join phases on rules.cluster = phases.cluster and rules.matchers = ['phase=' || upper(phases.phase[1]) || phases.phase[2:]]
    where rules.compared = 'value' and rules.compared_metric = 'kube_pod_status_phase'
)

select * from of_series
union all
select * from of_gpus
union all
select * from of_pods
