-- noqa: disable=LT02
{# The patterns of a seed, a line each; nothing where the seed is not in the warehouse yet (or nothing runs). #}
{% macro seeded_patterns(seed) -%}
{%- set relation = load_relation(seed) if execute is defined and execute else none -%}
{%- if relation -%}
{{ run_query('select pattern from ' ~ relation ~ ' order by pattern').columns[0].values() | join('\n') }}
{%- endif -%}
{%- endmacro %}
