-- One row a pod (cluster, namespace, pod) seen in any metric: its owner and every label that is known of it.
-- kube-state-metrics comes first; the manifest adds the keys it does not export; the pod's own series answer only when both are silent.
with kube as (
    select
        cluster,
        coalesce(namespace, '') as namespace,
        pod,
        arg_max(owner_kind, hour) as owner_kind,
        arg_max(owner_name, hour) as owner_name,
        arg_max(labels, hour) as labels
    from {{ ref('stg_metrics__pod_hourly') }}
    where pod is not null
    group by all
),

in_series as (
    select
        cluster,
        coalesce(namespace, '') as namespace,
        pod,
        labels
    from {{ ref('stg_metrics__series') }}
    where pod is not null
),

seen as (
    select
        cluster,
        namespace,
        pod
    from kube
    union
    select
        cluster,
        coalesce(namespace, '') as namespace,
        pod
    from {{ ref('stg_metrics__gpu_hourly') }}
    where pod is not null
    union
    select
        cluster,
        namespace,
        pod
    from in_series
),

owned as (
    select
        seen.cluster,
        seen.namespace,
        seen.pod,
        -- A Job of a CronJob is named after the minute it was due (8 digits); its work is the CronJob's.
        case
            when kube.owner_kind = 'Job' and regexp_matches(kube.owner_name, '-[0-9]{8,10}$') then 'CronJob'
            else kube.owner_kind
        end as owner_kind,
        case
            when kube.owner_kind = 'Job' then regexp_replace(kube.owner_name, '-[0-9]{8,10}$', '')
            else kube.owner_name
        end as owner_name,
        coalesce({{ label_pairs('kube.labels') }}, []) as label_pairs
    from seen
    left join kube
        on seen.cluster = kube.cluster and seen.namespace = kube.namespace and seen.pod = kube.pod
),

templated as (
    select
        owned.cluster,
        owned.namespace,
        owned.pod,
        coalesce(owned.owner_kind, templates.kind) as owner_kind,
        coalesce(owned.owner_name, templates.name) as owner_name,
        owned.label_pairs as kube_pairs,
        coalesce(templates.label_pairs, []) as template_pairs
    from owned
    left join {{ ref('int_workloads__templates') }} as templates
        on
            owned.namespace = templates.namespace
            and (templates.cluster is null or owned.cluster = templates.cluster)
            and (
                owned.owner_name = templates.name
                or (owned.owner_name is null and starts_with(owned.pod, templates.name || '-'))
            )
    -- Several templates of one name: the owner's kind first; without an owner the longest name explains the pod best.
    qualify
        row_number() over (
            partition by owned.cluster, owned.namespace, owned.pod
            order by
                coalesce(templates.kind = owned.owner_kind, false) desc,
                length(templates.name) desc nulls last,
                templates.kind asc,
                templates.cluster asc nulls last
        ) = 1
),

unlabelled as (
    select
        templated.cluster,
        templated.namespace,
        templated.pod,
        list_sort(list_distinct(flatten(list({{ label_pairs('in_series.labels') }})))) as series_pairs
    from templated
    inner join in_series
        on
            templated.cluster = in_series.cluster
            and templated.namespace = in_series.namespace
            and templated.pod = in_series.pod
    where len(templated.kube_pairs) = 0 and len(templated.template_pairs) = 0
    group by all
)

select
    templated.cluster,
    templated.namespace,
    templated.pod,
    templated.owner_kind,
    templated.owner_name,
    case
        when len(templated.kube_pairs) > 0 then 'kube'
        when len(templated.template_pairs) > 0 then 'manifest'
        when unlabelled.series_pairs is not null then 'series'
    end as labels_from,
    case
        when len(templated.kube_pairs) + len(templated.template_pairs) > 0
            then
                templated.kube_pairs || list_filter(
                    templated.template_pairs,
                    lambda pair: not list_contains(
                        list_transform(templated.kube_pairs, lambda known: split_part(known, '=', 1)),
                        split_part(pair, '=', 1)
                    )
                )
        else coalesce(unlabelled.series_pairs, [])
    end as label_pairs
from templated
left join unlabelled
    on
        templated.cluster = unlabelled.cluster
        and templated.namespace = unlabelled.namespace
        and templated.pod = unlabelled.pod
