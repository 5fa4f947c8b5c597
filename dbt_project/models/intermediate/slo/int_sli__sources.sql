-- One row a series (or histogram) and day that feeds an SLI of a service: what the service's SLIs are read from.
{%- set named_by = [
    "labels['destination_service_name']", "labels['destination_workload']", "split_part(labels['destination_service'], '.', 1)",
    "labels['service']", "labels['exported_service']", "labels['service_name']", "labels['ingress']",
] %}
with series as (
    select
        *,
        [{{ named_by | join(', ') }}] as label_names,
        coalesce(labels['destination_workload_namespace'], labels['destination_service_namespace'], namespace) as served_namespace
    from {{ ref('int_sli__series') }}
    where sli_input <> 'requests_by_status' or outcome is not null
),

services as (
    select service
    from {{ ref('stg_declared__services') }}
),

workloads as (
    select
        service,
        workload,
        kind,
        namespace
    from {{ ref('stg_declared__workloads') }}
),

-- A name in a label stands for a service when it is the service's, or that of workloads of one service only.
names as (
    select
        service as name,
        service,
        true as is_service,
        cast(null as varchar) as kind
    from services
    union all
    select
        workload as name,
        any_value(service) as service,
        false as is_service,
        any_value(kind) as kind
    from workloads
    where workload not in (select service from services)
    group by workload
    having count(distinct service) = 1
),

namespaces as (
    select
        namespace,
        any_value(service) as service
    from workloads
    where namespace is not null
    group by namespace
    having count(distinct service) = 1
),

pods as (
    select
        cluster,
        namespace,
        pod,
        service,
        kind
    from {{ ref('int_workloads__pods') }}
    where service is not null
),

labelled as (
    select distinct
        form,
        series_id,
        label_names
    from series
),

label_services as (
    select
        series.form,
        series.series_id,
        arg_min(names.service, list_position(series.label_names, names.name)) as service,
        arg_min(names.is_service, list_position(series.label_names, names.name)) as is_service,
        arg_min(names.kind, list_position(series.label_names, names.name)) as kind
    from labelled as series
    inner join names
        on list_contains(series.label_names, names.name)
    group by series.form, series.series_id
),

placed as (
    select
        series.*,
        pods.service as pod_service,
        pods.kind as pod_kind,
        label_services.service as label_service,
        label_services.kind as label_kind,
        namespaces.service as namespace_service,
        case
            -- a gateway that counts for others says so in the label
            when label_services.is_service and (label_services.service is distinct from pods.service) then 'label'
            when pods.service is not null and not series.is_edge then 'pod'
            when label_services.service is not null then 'label'
            when namespaces.service is not null and (series.pod is null or series.is_edge) then 'namespace'
        end as viewpoint
    from series
    left join pods
        on series.cluster = pods.cluster and series.namespace = pods.namespace and series.pod = pods.pod
    left join label_services
        on series.form = label_services.form and series.series_id = label_services.series_id
    left join namespaces
        on series.served_namespace = namespaces.namespace
),

ranked as (
    select
        *,
        case viewpoint when 'pod' then pod_service when 'label' then label_service else namespace_service end as service,
        -- latency is what people wait for: inference pods first
        sli_input <> 'requests_by_status'
        and coalesce(case viewpoint when 'pod' then pod_kind when 'label' then label_kind end, 'inference') <> 'inference' as is_other_kind,
        -- an edge sees what the pods never saw; a runtime's histogram is the pod's own
        case
            when is_edge or runtime = 'http' then case viewpoint when 'label' then 1 when 'pod' then 2 else 3 end
            else case viewpoint when 'pod' then 1 when 'label' then 2 else 3 end
        end as viewpoint_rank,
        -- Istio counts a request twice, where it leaves and where it arrives; one side only, the user's first
        case when labels['reporter'] = 'source' then 1 else 2 end as reporter_rank
    from placed
    where viewpoint is not null
),

-- Successes alone are no availability: a failure that nobody exports looks like none. And errors need the total that they are part of.
complete as (
    select
        *,
        -- two edges in a row are two measuring points; of pods each serves its own requests
        case when is_edge then min(preference) over in_runtime end as edge_rank
    from ranked
    window in_runtime as (partition by service, sli_input, runtime)
    qualify
        case
            when counted in ('good', 'bad') then bool_or(counted = 'bad') over in_runtime and bool_or(counted = 'good') over in_runtime
            when outcome = 'bad_of_all' then bool_or(outcome = 'all') over in_runtime
            else true
        end
),

-- One measuring point a service and input over the whole window: sums over two points count requests twice.
chosen as (
    select *
    from complete
    qualify
        dense_rank() over (
            partition by service, sli_input
            order by is_other_kind, tier, viewpoint_rank, reporter_rank, edge_rank nulls last
        ) = 1
)

select
    service,
    sli_input,
    form,
    outcome,
    runtime,
    metric,
    factor,
    source,
    cluster,
    namespace,
    pod,
    series_id,
    day,
    viewpoint
from chosen
-- Around a rename a pod exports the old and the new name of one thing: the new one counts.
where not exists (
    select 1
    from chosen as newer
    where
        newer.service = chosen.service
        and newer.sli_input = chosen.sli_input
        and newer.cluster = chosen.cluster
        and newer.day = chosen.day
        and newer.namespace is not distinct from chosen.namespace
        and newer.pod is not distinct from chosen.pod
        and newer.preference < chosen.preference
        and newer.first_ts <= chosen.last_ts
        and newer.last_ts >= chosen.first_ts
)
