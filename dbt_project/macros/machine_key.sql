{# A machine type as bills and tables spell it alike: SageMaker's ml. and Azure's Standard_ left out, spaces as underscores. #}
{% macro machine_key(text) %}
replace(regexp_replace(lower({{ text }}), '^(ml\.|standard_)', ''), ' ', '_')
{% endmacro %}
