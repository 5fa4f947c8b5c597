{# The value of a command line flag in a line of words: `--flag=value` or `--flag value`, hyphens or underscores; NULL when it is not there.
   `names` is a regular expression over the flag without its leading hyphens, or an SQL expression that yields one when `is_expression`. #}
{% macro flag_value(words, names, is_expression=false) -%}
nullif(regexp_extract(
    ' ' || {{ words }},
    '\s--?(?:' || {% if is_expression %}{{ names }}{% else %}'{{ names }}'{% endif %} || ')(?:=|\s+)["'']?([^\s"'']+)', 1
), '')
{%- endmacro %}
