-- One row a pod (cluster, namespace, pod) seen in any metric, with the workload and service it belongs to.
with pods as (
    select
        cluster,
        namespace,
        pod,
        owner_kind,
        owner_name,
        labels_from,
        label_pairs
    from {{ ref('int_workloads__pod_labels') }}
),

declared as (
    select
        service,
        workload,
        kind,
        namespace,
        coalesce({{ label_pairs('labels') }}, []) as label_pairs,
        -- what a pod of this workload would be called when nobody exports labels
        list_distinct([workload] || coalesce(map_values(labels), [])) as names
    from {{ ref('stg_declared__workloads') }}
    where namespace is not null or cardinality(labels) > 0
),

matched as (
    select
        pods.cluster,
        pods.namespace,
        pods.pod,
        declared.service,
        declared.workload,
        declared.kind,
        case
            when len(declared.label_pairs) = 0 then 'namespace'
            when pods.labels_from in ('kube', 'manifest') then 'labels'
            when list_has_all(pods.label_pairs, declared.label_pairs) then 'series_labels'
            else 'pod_name'
        end as matched_by,
        len(declared.label_pairs) as labels_matched
    from pods
    inner join declared
        on
            (declared.namespace is null or pods.namespace = declared.namespace)
            and (
                list_has_all(pods.label_pairs, declared.label_pairs)
                or (
                    (pods.labels_from is null or pods.labels_from = 'series')
                    and len(list_filter(
                        declared.names,
                        lambda name: pods.owner_name = name or starts_with(pods.pod, name || '-')
                    )) > 0
                )
            )
),

-- A pod belongs to one workload: the most exactly described one.
best as (
    select
        cluster,
        namespace,
        pod,
        service,
        workload,
        kind,
        matched_by
    from matched
    qualify
        row_number() over (
            partition by cluster, namespace, pod
            order by matched_by = 'pod_name' asc, labels_matched desc, length(workload) desc, workload asc
        ) = 1
)

select
    pods.cluster,
    pods.namespace,
    pods.pod,
    best.service,
    coalesce(
        best.workload, 'undeclared:' || pods.namespace || '/' || coalesce(pods.owner_name, pods.pod)
    ) as workload,
    best.kind,
    coalesce(
        substr(list_filter(pods.label_pairs, lambda pair: starts_with(pair, 'tenant='))[1], length('tenant=') + 1),
        substr(list_filter(pods.label_pairs, lambda pair: starts_with(pair, 'team='))[1], length('team=') + 1),
        ''
    ) as tenant,
    best.workload is not null as is_declared,
    pods.owner_kind,
    pods.owner_name,
    best.matched_by
from pods
left join best
    on pods.cluster = best.cluster and pods.namespace = best.namespace and pods.pod = best.pod
