-- One row an object with pod templates (cluster, namespace, kind, name); the labels that all of its templates share.
with templates as (
    select
        cluster,
        coalesce(namespace, '') as namespace,
        kind,
        name,
        {{ label_pairs('pod_labels') }} as label_pairs
    from {{ ref('stg_manifests__pod_templates') }}
),

counted as (
    select
        cluster,
        namespace,
        kind,
        name,
        count(*) as templates
    from templates
    group by all
),

pairs as (
    select
        cluster,
        namespace,
        kind,
        name,
        unnest(list_distinct(label_pairs)) as label_pair
    from templates
),

shared as (
    select
        pairs.cluster,
        pairs.namespace,
        pairs.kind,
        pairs.name,
        pairs.label_pair
    from pairs
    inner join counted
        on
            pairs.cluster is not distinct from counted.cluster
            and pairs.namespace = counted.namespace
            and pairs.kind = counted.kind
            and pairs.name = counted.name
    group by all
    having count(*) = any_value(counted.templates)
)

select
    counted.cluster,
    counted.namespace,
    counted.kind,
    counted.name,
    coalesce(
        list_sort(list(shared.label_pair) filter (where shared.label_pair is not null)),
        []
    ) as label_pairs
from counted
left join shared
    on
        counted.cluster is not distinct from shared.cluster
        and counted.namespace = shared.namespace
        and counted.kind = shared.kind
        and counted.name = shared.name
group by all
