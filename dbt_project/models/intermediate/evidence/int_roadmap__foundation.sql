-- One row an item of weeks 5-8: what cannot be seen, is not owned, is not pinned or was never tried, targets that nothing supports, and
-- the cost levers after the dearest one.
with audit as (
    select 30.0 / (date_diff('day', window_start, window_end) + 1) as per_30_days
    from {{ ref('meta_audit') }}
),

exporters as (
    select
        'metrics.gpu_exporter' as item_id,
        'Export GPU metrics on ' || count(*) || ' nodes' as title,
        'nodes are billed and nobody sees what their GPUs do' as problem,
        string_agg(subject, ', ' order by subject) as evidence,
        'track' as owner_scope,
        'reliability' as owner_name,
        'gpu_exporter' as item_kind,
        'billed GPU nodes without metrics' as metric,
        cast(count(*) as double) as metric_from,
        0.0 as metric_to,
        cast(sum(cost_at_stake) as double) * any_value(audit.per_30_days) as benefit,
        {{ audit_currency() }} || ' of spend per 30 days made visible' as benefit_unit,
        ['cost.lie.L28_missing_series_read_as_zero'] as claim_ids,
        1 as priority
    from {{ ref('fct_console_lies') }}
    cross join audit
    where lie_id = 'L28_missing_series_read_as_zero'
    having count(*) > 0
),

uncounted as (
    select
        'count.' || workload as item_id,
        'Count the work of ' || workload as title,
        'what ' || workload || ' costs a unit is unknown' as problem,
        string_agg(distinct reason, '; ' order by reason) as evidence,
        'service' as owner_scope,
        any_value(service) as owner_name,
        'unit_counter' as item_kind,
        'units of work of ' || workload || ' with a known cost' as metric,
        0.0 as metric_from,
        1.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        list_sort(list(distinct claim_id)) as claim_ids,
        3 as priority
    from {{ ref('fct_unit_cost') }}
    where
        split_rule = 'gpu_only' and basis = 'allocated'
        -- what does not run does no work
        and workload not in (select scope.workload from {{ ref('fct_scope') }} as scope where scope.verdict = 'not_running')
    group by workload
    -- all that is missing is the count of its work
    having count(cost_per_unit) = 0 and bool_or(reason like '%counter%' or reason like '%counts%' or reason like '%tokens_per_vector%')
),

unowned as (
    select
        'owner.' || name as item_id,
        if(owner = 'UNOWNED', 'Name an owner for ', 'Settle who owns ') || name as title,
        if(
            owner = 'UNOWNED',
            'nobody is named who could act on what was found about ' || name,
            'two places name different owners of ' || name
        ) as problem,
        owner || ': ' || owner_source as evidence,
        'track' as owner_scope,
        'roadmap' as owner_name,
        'name_owner' as item_kind,
        'services without one undisputed owner' as metric,
        1.0 as metric_from,
        0.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        ['owner.' || name] as claim_ids,
        2 as priority
    from {{ ref('int_roadmap__owners') }}
    where scope = 'service' and (owner = 'UNOWNED' or conflict is not null)
),

untagged as (
    select
        'tags' as item_id,
        'Tag GPU spend so that each part has an owner' as title,
        'a part of GPU spend lacks the required tags' as problem,
        claims.value_text || ' of spend' as evidence,
        'track' as owner_scope,
        'cost' as owner_name,
        'tags' as item_kind,
        'cost.untagged.share' as metric,
        claims.value as metric_from,
        0.05 as metric_to,
        claims.value * spend.cost * audit.per_30_days as benefit,
        {{ audit_currency() }} || ' of spend per 30 days with an owner' as benefit_unit,
        [claims.claim_id] as claim_ids,
        4 as priority
    from {{ ref('int_claims__tracks') }} as claims
    cross join audit
    cross join (select cast(sum(effective_cost) as double) as cost from {{ ref('fct_gpu_spend_daily') }}) as spend
    where claims.claim_id = 'cost.untagged.share' and claims.value > 0.05
),

unmeasurable as (
    select
        'bucket.' || service || '.' || sli as item_id,
        'Make ' || replace(sli, '_', ' ') || ' of ' || service || ' measurable' as title,
        'the declared threshold is no bound of the histogram, so nobody can say whether it is met' as problem,
        rationale as evidence,
        'service' as owner_scope,
        service as owner_name,
        'bucket' as item_kind,
        'declared thresholds of ' || service || ' that can be measured' as metric,
        0.0 as metric_from,
        1.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        [claim_id] as claim_ids,
        5 as priority
    from {{ ref('fct_slo_proposal') }}
    where not measurable and declared_threshold is not null
),

untried as (
    select
        'guardrail.' || guardrail as item_id,
        'Try guardrail ' || guardrail || ' in a game day' as title,
        'it exists and never spoke in a real incident' as problem,
        any_value(evidence order by evidence) as evidence,
        'track' as owner_scope,
        'reliability' as owner_name,
        'guardrail_test' as item_kind,
        'guardrails that are proven' as metric,
        0.0 as metric_from,
        1.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        ['rel.guardrail.' || guardrail || '.state'] as claim_ids,
        6 as priority
    from {{ ref('dim_guardrails') }}
    where state = 'untested' and kind = 'alert'
    group by guardrail
),

folklore as (
    select
        'target.' || service || '.' || sli as item_id,
        'Replace the target for ' || replace(sli, '_', ' ') || ' of ' || service as title,
        'nothing supports the declared target' as problem,
        rationale as evidence,
        'service' as owner_scope,
        service as owner_name,
        'replace_target' as item_kind,
        'declared targets of ' || service || ' that nothing supports' as metric,
        cast(count(*) over (partition by service) as double) as metric_from,
        0.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        ['slo.' || service || '.' || sli || '.required', claim_id] as claim_ids,
        5 as priority
    from {{ ref('fct_slo_proposal') }}
    where folklore
),

levers as (
    select * exclude (is_worth_planning, is_dearest)
    from {{ ref('int_roadmap__levers') }}
    where is_worth_planning and not is_dearest
),

pins as (
    select
        'fix.' || fixes.mode_or_spof as item_id,
        fixes.item as title,
        if(
            spofs.kind in ('unexplained_pin', 'mutable_tag', 'unmirrored_registry'),
            'what runs is not reproducible: ', 'a single point of failure: '
        ) || replace(spofs.kind, '_', ' ') as problem,
        fixes.evidence,
        if(spofs.service is not null, 'service', 'track') as owner_scope,
        coalesce(spofs.service, 'reliability') as owner_name,
        cast(null as varchar) as item_kind,
        'single points of failure of this kind and object' as metric,
        1.0 as metric_from,
        0.0 as metric_to,
        cast(null as double) as benefit,
        cast(null as varchar) as benefit_unit,
        [fixes.claim_id] as claim_ids,
        7 as priority,
        cast(fixes.effort_days as double) as effort_days
    from {{ ref('fct_fix_first') }} as fixes
    inner join {{ ref('fct_spofs') }} as spofs
        on fixes.mode_or_spof = spofs.spof_id
    where
        spofs.kind in ('unexplained_pin', 'mutable_tag', 'unmirrored_registry')
        -- what takes longer than two weeks is no emergency
        or fixes.effort_days > 10
)

{% for part in ['exporters', 'uncounted', 'unowned', 'untagged', 'unmeasurable', 'untried', 'folklore', 'levers', 'pins'] %}
    select * from {{ part }}
    {{ 'union all by name' if not loop.last }}
{% endfor %}
