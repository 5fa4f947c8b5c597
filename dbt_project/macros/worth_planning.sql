{# Whether an item at stake of `cost` in the window earns a place in the plan: days of work for less than a hundredth of the bill are better
   spent elsewhere. #}
{% macro worth_planning(cost, bill) -%}
    {{ cost }} >= 0.01 * {{ bill }}
{%- endmacro %}
