{# The GPU model that a text names (A100, H100, L40S, …), or null. Word boundaries keep 'a100-05' a node and 'A1000' another card. #}
{% macro gpu_model_in(text) -%}
nullif(upper(regexp_extract({{ text }}, '(?i)\b(GB200|B200|H200|H100|H800|A100|A800|A10G|A10|A30|A40|L40S|L40|L4|T4|V100|P100|MI300X|MI250)\b', 1)), '')
{%- endmacro %}
