-- One row a pod template that a PodDisruptionBudget protects: same cluster and namespace, and the selector takes its pod labels.
-- A budget that allows every pod to go (maxUnavailable 100 %, minAvailable 0) protects nothing and is left out.
with budgets as (
    select
        cluster,
        namespace,
        name,
        source_uri,
        document,
        coalesce(try_cast(json_extract(document, '$.spec.selector.matchLabels') as map (varchar, varchar)), map([], [])) as match_labels,
        case
            when json_type(document, '$.spec.selector.matchExpressions') = 'ARRAY'
                then try_cast(json_extract(document, '$.spec.selector.matchExpressions') as json[])
            else []
        end as match_expressions
    from {{ ref('stg_manifests__objects') }}
    where
        kind = 'PodDisruptionBudget'
        and json_type(document, '$.spec.selector') = 'OBJECT'
        -- an empty selector takes every pod; in policy/v1beta1 it took none
        and not (api_version = 'policy/v1beta1' and json_extract_string(document, '$.spec.selector') = '{}')
        and coalesce(json_extract_string(document, '$.spec.maxUnavailable'), '') != '100%'
        and coalesce(json_extract_string(document, '$.spec.minAvailable'), '') not in ('0', '0%')
),

templates as (
    select
        source,
        source_uri,
        role,
        cluster,
        namespace,
        pod_labels
    from {{ ref('stg_manifests__pod_templates') }}
),

paired as (
    select
        templates.source,
        templates.source_uri,
        templates.role,
        templates.pod_labels,
        budgets.name,
        budgets.match_labels,
        budgets.match_expressions
    from templates
    inner join budgets
        on templates.cluster = budgets.cluster and templates.namespace = budgets.namespace
)

select
    paired.source,
    paired.source_uri,
    paired.role,
    min(paired.name) as disruption_budget
from paired
where
    list_has_all(
        list_transform(map_entries(paired.pod_labels), lambda label: label.key || '=' || label.value),
        list_transform(map_entries(paired.match_labels), lambda label: label.key || '=' || label.value)
    )
    and len(list_filter(paired.match_expressions, lambda wanted: not {{ label_requirement_met('pod_labels', 'wanted') }})) = 0
group by all
