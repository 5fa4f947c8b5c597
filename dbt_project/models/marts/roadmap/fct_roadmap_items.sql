-- One row a roadmap item, generated from evidence. Tuning waits for weeks 9-12: before, there is no baseline to tune against.
with items as (
    {% for phase, part, tuning in [('1-4', 'urgent', false), ('5-8', 'foundation', false), ('9-12', 'tuning', true)] %}
        select
            '{{ phase }}' as phase,
            {{ loop.index }} as phase_order,
            {{ tuning }} as is_optimisation,
            item_id,
            title,
            problem,
            evidence,
            owner_scope,
            owner_name,
            item_kind,
            effort_days,
            metric,
            metric_from,
            metric_to,
            benefit,
            benefit_unit,
            claim_ids,
            priority
        from {{ ref('int_roadmap__' ~ part) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    row_number() over (order by items.phase_order, items.priority, items.item_id) as rank,
    items.item_id,
    items.phase,
    items.title,
    items.problem,
    items.evidence,
    coalesce(owners.owner, 'UNOWNED') as owner,
    coalesce(owners.owner_source, 'nobody is declared') as owner_source,
    coalesce(items.effort_days, cast(efforts.effort_days as double)) as effort_days,
    items.metric,
    items.metric_from,
    items.metric_to,
    items.benefit,
    items.benefit_unit,
    items.claim_ids,
    items.is_optimisation
from items
left join {{ ref('int_roadmap__owners') }} as owners
    on items.owner_scope = owners.scope and items.owner_name = owners.name
left join {{ ref('roadmap_efforts') }} as efforts
    on items.item_kind = efforts.item_kind
