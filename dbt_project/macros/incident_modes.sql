{# The failure mode that signature matches speak for, one row a `key`.

   A signature counts once (its detail, at its highest weight), so that repeating a word proves nothing. Below three points, or when the best
   mode is not a fifth ahead of the second, the answer is unknown_other: the rules abstain. `confidence` is the best mode's share of all
   points, times points / 8 up to 1. #}
{% macro incident_modes(matches, key) %}
with counted as (
    select
        {{ key }} as key,
        mode,
        detail,
        max(weight) as weight,
        arg_max(words, weight) as words
    from {{ matches }}
    group by all
),

scored as (
    select
        key,
        mode,
        sum(weight) as points,
        arg_max(detail, weight) as detail,
        list(words order by weight desc, words) as words
    from counted
    group by key, mode
),

ranked as (
    select
        *,
        sum(points) over (partition by key) as all_points,
        lead(points, 1, 0) over (partition by key order by points desc, mode) as second_points,
        lead(mode) over (partition by key order by points desc, mode) as second_mode,
        row_number() over (partition by key order by points desc, mode) as rank
    from scored
)

select
    key,
    points,
    points >= 3 and points >= 1.2 * second_points as is_clear,
    case when points >= 3 and points >= 1.2 * second_points then mode else 'unknown_other' end as mode,
    case
        when points >= 3 and points >= 1.2 * second_points then detail
        when points < 3 then 'too_little_said'
        else 'either_' || mode || '_or_' || second_mode
    end as detail,
    round(points / all_points * least(1, points / 8), 2) as confidence,
    array_to_string(words, ' · ') as evidence
from ranked
where rank = 1
{% endmacro %}
