{% macro wilson_bound(good, total, sign) %}
{# One end (sign '-1' or '+1') of Wilson's 95 % interval of good / total, z = 1.959964; NULL without events. #}
case
    when {{ total }} > 0
        then
            greatest(0, least(1, (
                {{ good }} / {{ total }} + 1.920729 / {{ total }}
                + {{ sign }} * 1.959964 * sqrt(
                    greatest(0, {{ good }} / {{ total }} * (1 - {{ good }} / {{ total }})) / {{ total }}
                    + 0.960365 / ({{ total }} * {{ total }})
                )
            ) / (1 + 3.841459 / {{ total }})))
end
{% endmacro %}
