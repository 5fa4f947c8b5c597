{# Labels as a sorted list of `key=value`, with keys written the way kube-state-metrics writes them: every character that Prometheus forbids
   becomes `_`, camelCase becomes snake_case. Lists compare with list_has_all, so two keys that collide after this do no harm. #}
{% macro label_pairs(labels) -%}
list_sort(list_transform(
    map_entries({{ labels }}),
    lambda entry: {{ label_key("struct_extract(entry, 'key')") }} || '=' || struct_extract(entry, 'value')
))
{%- endmacro %}

{% macro label_key(key) -%}
    lower(regexp_replace(regexp_replace({{ key }}, '[^a-zA-Z0-9_]', '_', 'g'), '([a-z0-9])([A-Z])', '\1_\2', 'g'))
{%- endmacro %}
