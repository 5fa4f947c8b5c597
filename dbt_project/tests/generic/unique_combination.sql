{% test unique_combination(model, columns) %}
{# The grain: no two rows share these columns. #}
{{ repeated_rows(model, columns) }}
{% endtest %}
