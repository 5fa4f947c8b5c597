{% macro wilson_bound(good, total, sign) -%}
{# One end (sign '-' or '+') of Wilson's 95 % interval of good / total; NULL without events. z = 1.959964. #}
case when {{ total }} > 0 then greatest(0, least(1, (
    {{ good }} / {{ total }} + 1.920729 / {{ total }}
    {{ sign }} 1.959964 * sqrt(greatest(0, {{ good }} / {{ total }} * (1 - {{ good }} / {{ total }})) / {{ total }} + 0.960365 / ({{ total }} * {{ total }}))
) / (1 + 3.841459 / {{ total }}))) end
{%- endmacro %}

{% macro latency_sli(family, quantile) -%}
{# e2e 0.95 -> latency_p95; ttft 0.95 -> ttft_p95 #}
if({{ family }} = 'e2e', 'latency', {{ family }}) || '_p' || {{ plain_number(quantile ~ ' * 100') }}
{%- endmacro %}
