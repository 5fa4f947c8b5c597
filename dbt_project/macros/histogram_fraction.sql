{% macro histogram_fraction(relation, keys, lower, upper, le='le', count='increase') %}
{#
One row a histogram (`keys`): fraction, the share of observations between `lower` and `upper` (numbers, or expressions over `keys`),
and total, all observations. Exact when both limits are bucket bounds, infinite, or 0 below the first positive bound; else linear
inside the bucket, as in Prometheus. NULL without observations, without +Inf, or when a limit is NaN.
#}
select
    {{ keys | join(', ') }},
    case
        when not answerable or isnan(lower_limit) or isnan(upper_limit) then null
        when lower_limit >= upper_limit then 0
        else (
            least(total, {{ histogram_observations_below('upper') }}) - least(total, {{ histogram_observations_below('lower') }})
        ) / total
    end as fraction,
    total
from (
    select
        {{ keys | join(', ') }},
        coalesce(bool_or(isinf(le) and le > 0 and summed > 0 and not isnan(summed)), false) as answerable,
        arg_max(summed, le) as total,
        cast({{ lower }} as double) as lower_limit,
        max(le) filter (where le <= cast({{ lower }} as double)) as lower_below_le,
        arg_max(summed, le) filter (where le <= cast({{ lower }} as double)) as lower_below,
        min(le) filter (where le > cast({{ lower }} as double)) as lower_above_le,
        arg_min(summed, le) filter (where le > cast({{ lower }} as double)) as lower_above,
        cast({{ upper }} as double) as upper_limit,
        max(le) filter (where le <= cast({{ upper }} as double)) as upper_below_le,
        arg_max(summed, le) filter (where le <= cast({{ upper }} as double)) as upper_below,
        min(le) filter (where le > cast({{ upper }} as double)) as upper_above_le,
        arg_min(summed, le) filter (where le > cast({{ upper }} as double)) as upper_above
    from ({{ histogram_coalesced(relation, keys, le, count) }})
    group by all
)
{% endmacro %}

{% macro histogram_observations_below(side) %}
{# Observations at or below one limit; dividing by the open bucket's infinite width adds 0. #}
case
    when {{ side }}_limit = cast('-infinity' as double) then 0
    when {{ side }}_below_le is not null then
        case
            when {{ side }}_below_le = {{ side }}_limit then {{ side }}_below
            else {{ side }}_below + ({{ side }}_above - {{ side }}_below)
                * ({{ side }}_limit - {{ side }}_below_le) / ({{ side }}_above_le - {{ side }}_below_le)
        end
    when {{ side }}_above_le <= 0 then {{ side }}_above
    when {{ side }}_limit <= 0 then 0
    else {{ side }}_above * {{ side }}_limit / {{ side }}_above_le
end
{% endmacro %}
