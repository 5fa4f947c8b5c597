{% macro latency_sli(family, quantile) %}
{# The name of a percentile: e2e 0.95 is latency_p95, ttft 0.95 is ttft_p95. #}
replace({{ family }}, 'e2e', 'latency') || '_p' || {{ plain_number(quantile ~ ' * 100') }}
{% endmacro %}
