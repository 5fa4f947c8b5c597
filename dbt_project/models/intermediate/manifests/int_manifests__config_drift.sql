-- One row a setting of a pod template that the running server reports differently: the flag in the manifest against the label of an info
-- metric (vllm:cache_config_info and its like) of the template's own pods, as last seen.
with flags as (
    select
        containers.source,
        containers.source_uri,
        containers.role,
        settings.flag,
        settings.label,
        {{ flag_value(
            "array_to_string(list_concat(coalesce(containers.command, []), coalesce(containers.args, [])), ' ')",
            "replace(settings.flag, '-', '[-_]')",
            is_expression=true
        ) }} as configured
    from {{ ref('stg_manifests__containers') }} as containers
    cross join {{ ref('runtime_settings') }} as settings
),

reported as (
    select
        series.cluster,
        series.namespace,
        series.pod,
        settings.label,
        series.metric,
        arg_max(series.labels[settings.label], series.last_ts) as running,
        max(series.last_ts) as last_ts
    from {{ ref('stg_metrics__series') }} as series
    inner join {{ ref('runtime_settings') }} as settings
        on list_contains(map_keys(series.labels), settings.label)
    where regexp_matches(series.metric, 'config_info$|(model|engine|server)_info$')
    group by all
),

compared as (
    select
        workloads.source,
        workloads.source_uri,
        workloads.role,
        workloads.object,
        workloads.object_id,
        workloads.namespace,
        workloads.cluster,
        workloads.definition,
        flags.flag,
        flags.configured,
        arg_max(reported.running, reported.last_ts) as running,
        arg_max(reported.metric, reported.last_ts) as metric,
        arg_max(reported.pod, reported.last_ts) as pod
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join flags
        on
            workloads.source = flags.source
            and workloads.source_uri = flags.source_uri
            and workloads.role = flags.role
    inner join {{ ref('int_workloads__pods') }} as pods
        on
            workloads.cluster = pods.cluster
            and workloads.namespace = pods.namespace
            and (
                (workloads.name = pods.owner_name and workloads.kind = pods.owner_kind)
                or (pods.owner_kind is null and pods.is_declared and workloads.workload = pods.workload)
            )
    inner join reported
        on
            pods.cluster = reported.cluster
            and pods.namespace = reported.namespace
            and pods.pod = reported.pod
            and flags.label = reported.label
    where flags.configured is not null and not starts_with(flags.configured, '$')
    group by all
),

valued as (
    select
        *,
    {% for side in ['configured', 'running'] %}
        -- vLLM takes 32k (thousands) and 32K (1,024s) for a length
        coalesce(
            try_cast({{ side }} as double),
            try_cast(regexp_extract({{ side }}, '^([0-9.]+)k$', 1) as double) * 1000,
            try_cast(regexp_extract({{ side }}, '^([0-9.]+)K$', 1) as double) * 1024
        ) as {{ side }}_number{{ ',' if not loop.last }}
    {% endfor %}
    from compared
)

select
    'config_drift' as kind,
    object,
    object_id || if(definition > 1, '~' || definition, '') || '.' || flag as object_id,
    namespace,
    cluster,
    '--' || flag || ' is ' || configured || ' in the manifest, ' || running || ' in ' || metric || ' of pod ' || pod as evidence,
    source_uri,
    'PIQC-20' as requirement_id
from valued
where
    running is not null
    -- `auto` leaves the choice to the server
    and lower(configured) != 'auto'
    and if(
        configured_number is not null and running_number is not null,
        abs(configured_number - running_number) > 1e-9,
        lower(configured) != lower(running)
    )
