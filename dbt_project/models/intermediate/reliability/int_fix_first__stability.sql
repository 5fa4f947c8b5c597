-- One row an item to fix: where it stands when the efforts are wrong by up to a half. Each
-- of 100 trials draws a factor between 0.5 and 1.5 for every kind of fix, from a hash, so that the same audit gives the same numbers.
-- `place` is 1 and the items before it, so that a tie that breaks moves nobody behind it; an item keeps its place while it stays within the
-- places of those that it ties with.
{%- set trials = 100 %}
with items as (
    select
        mode_or_spof,
        rank,
        severity,
        unit_order,
        benefit,
        effort_days,
        effort_subject,
        rank() over (order by rank) as place,
        rank() over (order by rank) + count(*) over (partition by rank) - 1 as place_of_last_tied
    from {{ ref('int_fix_first__items') }}
),

factors as (
    select
        subjects.effort_subject,
        trials.trial,
        0.5 + cast('0x' || left(md5(subjects.effort_subject || ':' || trials.trial), 6) as bigint) / 16777215.0 as factor
    from (select distinct effort_subject from items) as subjects
    cross join (select unnest(range({{ trials }})) as trial) as trials
),

tried as (
    select
        items.mode_or_spof,
        items.place,
        items.place_of_last_tied,
        rank() over (
            partition by factors.trial
            order by
                items.severity,
                items.unit_order,
                items.benefit / (items.effort_days * factors.factor) desc nulls last,
                if(items.benefit is null, items.effort_days * factors.factor, null)
        ) as tried_place
    from items
    inner join factors
        on items.effort_subject = factors.effort_subject
)

select
    mode_or_spof,
    any_value(place) as place,
    min(tried_place) as place_low,
    max(tried_place) as place_high,
    count(*) filter (where tried_place between place and place_of_last_tied) / cast(count(*) as double) as keeps_place_share
from tried
group by mode_or_spof
