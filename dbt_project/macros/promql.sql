{# PromQL as text: values between quotes, selectors, sums of rates over the window that a rule generator fills in. #}
{% macro promql_text(value) %}
replace(replace(replace({{ value }}, '\', '\\'), '"', '\"'), chr(10), '\n')
{% endmacro %}

{# One selector for each set of matchers, with the name and the matchers of the service before them. #}
{% macro promql_selectors(sets) %}
list_transform(
    {{ sets }},
    lambda matchers: bare_name || '{' || array_to_string(
        list_concat(if(bare_name = '', [quoted_name], []), list_concat(label_matchers, matchers)), ', '
    ) || '}'
)
{% endmacro %}

{% macro promql_rate(selectors) %}
'sum(' || array_to_string(list_transform({{ selectors }}, lambda one: 'rate(' || one || '[{{ "{{.window}}" }}])'), ' or ') || ')'
{% endmacro %}

{# The bound as it is written; several writings of one number are one bound. #}
{% macro le_matcher(texts) %}
if(
    len({{ texts }}) = 1,
    'le="' || {{ texts }}[1] || '"',
    'le=~"' || array_to_string(list_transform({{ texts }}, lambda one: replace(replace(one, '.', '\\.'), '+', '\\+')), '|') || '"'
)
{% endmacro %}

{% macro is_bound_at(le, factor, threshold_ms) %}
abs(try_cast({{ le }} as double) * {{ factor }} - {{ threshold_ms }}) <= 1e-9 * {{ threshold_ms }}
{% endmacro %}
