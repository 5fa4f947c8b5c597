-- One row a kind of guarding object in a cluster that has any: budgets, autoscalers, probes, quotas, memory limits; and how much it covers.
with net as (
    select
        workloads.cluster,
        workloads.namespace,
        workloads.runs = 'service' as is_service,
        workloads.autoscaler is not null as is_autoscaled,
        budgets.disruption_budget is not null as is_budgeted,
        (containers.has_readiness_probe and containers.has_liveness_probe)
        or {{ probed_by_its_controller('workloads.kind', 'workloads.role') }} as is_probed,
        not exists (
            select 1
            from {{ ref('stg_manifests__containers') }} as unlimited
            where
                unlimited.source = workloads.source
                and unlimited.source_uri = workloads.source_uri
                and unlimited.role = workloads.role
                and not unlimited.is_init
                and unlimited.memory_limit_gib is null
        ) as is_limited,
        exists(
            select 1
            from {{ ref('stg_manifests__objects') }} as quotas
            where
                quotas.kind = 'ResourceQuota'
                and quotas.cluster = workloads.cluster
                and quotas.namespace = workloads.namespace
                and regexp_matches(quotas.document, '/(gpu|mig-)')
        ) as is_under_quota
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join {{ ref('int_manifests__template_containers') }} as containers
        on
            workloads.source = containers.source
            and workloads.source_uri = containers.source_uri
            and workloads.role = containers.role
    left join {{ ref('int_manifests__disruption_budgets') }} as budgets
        on
            workloads.source = budgets.source
            and workloads.source_uri = budgets.source_uri
            and workloads.role = budgets.role
    where workloads.in_spof_net
),

counted as (
    select
        cluster,
        count(*) as workloads,
        count(*) filter (where is_service) as services,
        count(*) filter (where is_service and is_budgeted) as budgeted,
        count(*) filter (where is_service and is_autoscaled) as autoscaled,
        count(*) filter (where is_service and is_probed) as probed,
        count(*) filter (where is_limited) as limited,
        count(*) filter (where is_under_quota) as under_quota
    from net
    group by cluster
),

by_kind as (
    select
        cluster,
        'pod_disruption_budgets' as guardrail,
        'pdb' as kind,
        'scheduling_failure' as mode,
        budgeted as covered,
        services as workloads
    from counted
    union all
    select
        cluster,
        'gpu_quotas' as guardrail,
        'quota' as kind,
        'scheduling_failure' as mode,
        under_quota as covered,
        workloads
    from counted
    union all
    select
        cluster,
        'autoscalers' as guardrail,
        'autoscaler' as kind,
        null as mode,
        autoscaled as covered,
        services as workloads
    from counted
    union all
    select
        cluster,
        'probes' as guardrail,
        'probes' as kind,
        null as mode,
        probed as covered,
        services as workloads
    from counted
    union all
    select
        cluster,
        'memory_limits' as guardrail,
        'limits' as kind,
        null as mode,
        limited as covered,
        workloads
    from counted
)

select
    guardrail || '.' || cluster as guardrail,
    kind,
    mode,
    covered
    || ' of '
    || workloads
    || if(kind in ('pdb', 'autoscaler', 'probes'), ' long-running', '')
    || ' GPU and model-serving workloads' as evidence
from by_kind
where covered > 0
