{# The GPU model that a text names (A100, H100-80GB, ND96amsr_A100_v4, …), or null. 'a100-05' is a node and 'A1000' another card. #}
{% macro gpu_model_in(text) -%}
nullif(upper(regexp_extract(
    {{ text }},
    '(?i)(?:^|[^a-z0-9])(GB200|B200|GH200|H200|H100|H800|H20|A100|A800|A10G|A10|A30|A40|L40S|L40|L4|T4G|T4|V100|P100|K80|M60|MI300X|MI325X|MI250)'
    || '(?:$|[^a-z0-9-]|-(?:sxm|pci|nvl|hbm|\d+ ?gi?b))', 1
)), '')
{%- endmacro %}
