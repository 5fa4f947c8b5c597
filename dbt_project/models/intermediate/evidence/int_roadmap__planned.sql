-- One row an item with its place in the plan. An owner has policy.days_per_owner in four weeks; what does not fit waits for the next four,
-- before what was meant for them. Weeks 1-4 take what stops the bleeding, tuning never comes before week 9. `phase` is null beyond week 12.
with candidates as (
    {% for part in ['urgent', 'foundation', 'tuning'] %}
        select
            {{ loop.index }} as first_phase,
            {{ 'true' if part == 'tuning' else 'false' }} as is_optimisation,
            *
        from {{ ref('int_roadmap__' ~ part) }}
        {{ 'union all by name' if not loop.last }}
    {% endfor %}
),

-- Nobody can stop the bleeding of a service that nobody owns: its owner is found first.
urgent_services as (
    select distinct owner_name as service
    from candidates
    where first_phase = 1 and owner_scope = 'service'
),

items as (
    select
        candidates.* replace (
            if(candidates.item_kind = 'name_owner' and urgent_services.service is not null, 1, candidates.first_phase) as first_phase,
            if(candidates.item_kind = 'name_owner', 0, candidates.priority) as priority,
            coalesce(candidates.effort_days, cast(efforts.effort_days as double)) as effort_days
        ),
        coalesce(owners.owner, 'UNOWNED') as owner,
        coalesce(owners.owner_source, 'nobody is declared') as owner_source
    from candidates
    left join {{ ref('int_roadmap__owners') }} as owners
        on candidates.owner_scope = owners.scope and candidates.owner_name = owners.name
    left join {{ ref('roadmap_efforts') }} as efforts
        on candidates.item_kind = efforts.item_kind
    left join urgent_services
        on candidates.item_id = 'owner.' || urgent_services.service
),

capacity as (
    select coalesce(max(days_per_owner), 20) as days
    from {{ ref('meta_audit') }}
),

{% for phase in [1, 2, 3] %}
    placed_{{ phase }} as (
        select
            items.item_id,
            {{ phase }} as phase_order
        from items
        cross join capacity
        where
            items.first_phase <= {{ phase }}
            {% for earlier in range(1, phase) %}
                and items.item_id not in (select placed.item_id from placed_{{ earlier }} as placed)
            {% endfor %}
        window
            by_owner as (
                partition by items.owner
                order by
                    if(starts_with(items.item_id, 'lever.') and items.first_phase = 1, 0, items.first_phase), items.priority, items.item_id
            )
        qualify
            -- the lever is one item of weeks 1-4 whatever else its owner has to do; the first item is taken however long it takes
            sum(items.effort_days) over by_owner <= capacity.days or sum(items.effort_days) over by_owner = items.effort_days
    ),
{% endfor %}

placed as (
    {% for phase in [1, 2, 3] %}
        select
            item_id,
            phase_order
        from placed_{{ phase }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

guarded as (
    select
        'guardrail.' || guardrail as item_id,
        'fix.' || mode as needed
    from {{ ref('dim_guardrails') }}
),

-- What has to be done before: an owner, something to measure with, the fix that a guardrail is to be tried against.
needed as (
    select
        items.item_id,
        list_sort(list(distinct earlier.item_id)) as depends_on
    from items
    inner join items as earlier
        on
            items.item_id <> earlier.item_id
            and (
                (items.owner_scope = 'service' and earlier.item_id = 'owner.' || items.owner_name)
                or (starts_with(items.item_id, 'objective.') and earlier.item_id = replace(items.item_id, 'objective.', 'bucket.'))
                or (items.item_id, earlier.item_id) in (select (guarded.item_id, guarded.needed) from guarded)
            )
    group by items.item_id
)

select
    items.item_id,
    case placed.phase_order when 1 then '1-4' when 2 then '5-8' when 3 then '9-12' end as phase,
    -- of a phase first what was left over, then by priority; ids tell apart what nothing else does
    row_number() over (order by placed.phase_order nulls last, items.first_phase, items.priority, items.item_id) as rank,
    items.title,
    items.problem,
    items.evidence,
    items.owner,
    items.owner_source,
    items.effort_days,
    items.metric,
    items.metric_from,
    items.metric_to,
    items.benefit,
    items.benefit_unit,
    items.claim_ids,
    items.is_optimisation,
    coalesce(needed.depends_on, cast([] as varchar[])) as depends_on
from items
left join placed
    on items.item_id = placed.item_id
left join needed
    on items.item_id = needed.item_id
