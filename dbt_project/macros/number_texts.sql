{# Numbers in sentences. A share is cut, not rounded: 99.996 % must not read as 100 %. #}
{% macro plain_number(value) %}
rtrim(rtrim(printf('%.3f', cast({{ value }} as double)), '0'), '.')
{% endmacro %}

{% macro percent_text(share) %}
rtrim(rtrim(printf('%.4f', floor(round(cast({{ share }} as double) * 1e8)/ 100) / 1e4), '0'), '.') || ' %'
{% endmacro %}

{% macro whole_number(value) %}
format('{:,}', cast(round(cast({{ value }} as double)) as bigint))
{% endmacro %}

{% macro ms_text(value) %}
case when {{ value }} < 100 then {{ plain_number("round(" ~ value ~ ", 1)") }} else {{ whole_number(value) }} end
{% endmacro %}

{# The name of a percentile: e2e 0.95 is latency_p95, ttft 0.95 is ttft_p95. #}
{% macro latency_sli(family, quantile) %}
case {{ family }} when 'e2e' then 'latency' else {{ family }} end || '_p' || {{ plain_number(quantile ~ ' * 100') }}
{% endmacro %}
