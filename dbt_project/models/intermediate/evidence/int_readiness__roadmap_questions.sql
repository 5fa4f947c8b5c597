-- One row a question about the roadmap itself. Status null: there is no item.
with items as (
    select
        count(*) as items,
        count(*) filter (where phase = '1-4') as first_phase,
        count(*) filter (where phase = '5-8') as second_phase,
        count(*) filter (where phase = '9-12') as third_phase,
        count(*) filter (where is_optimisation and phase <> '9-12') as premature,
        count(*) filter (where owner = 'UNOWNED') as unowned,
        count(*) filter (where metric is null or effort_days is null or problem is null) as incomplete,
        count(distinct rank) as ranks,
        max(rank) as last_rank
    from {{ ref('fct_roadmap_items') }}
),

audit as (
    select coalesce(review_date is not null and len(review_attendees) > 0, false) as is_reviewed
    from {{ ref('meta_audit') }}
)

select
    'roadmap_rows' as question,
    if(items > 0, 'pass', null) as status,
    items || ' items' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
union all
select
    'phase_1' as question,
    if(items > 0, if(first_phase > 0, 'pass', 'attention'), null) as status,
    first_phase || ' items in weeks 1–4' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
union all
select
    'phase_2' as question,
    if(items > 0, if(second_phase > 0, 'pass', 'attention'), null) as status,
    second_phase || ' items in weeks 5–8' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
union all
select
    'phase_3' as question,
    if(items > 0, if(premature = 0, 'pass', 'fail'), null) as status,
    third_phase || ' tuning items in weeks 9–12, ' || premature || ' earlier' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
union all
select
    'roadmap_complete' as question,
    if(items > 0, if(unowned + incomplete = 0, 'pass', 'attention'), null) as status,
    unowned || ' of ' || items || ' items without an owner, ' || incomplete || ' without metric, effort or problem' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
union all
select
    'roadmap_gate' as question,
    if(items.items > 0, if(items.unowned + items.incomplete = 0 and audit.is_reviewed, 'pass', 'attention'), null) as status,
    items.unowned || ' items without an owner; review ' || if(audit.is_reviewed, 'declared', 'not declared') as answer,
    'fct_roadmap_items, audit.yaml' as evidence,
    [] as claim_ids
from items cross join audit
union all
select
    'roadmap_ranked' as question,
    if(items > 0, if(ranks = items and last_rank = items, 'pass', 'fail'), null) as status,
    items || ' items, ' || ranks || ' ranks' as answer,
    'fct_roadmap_items' as evidence,
    [] as claim_ids
from items
