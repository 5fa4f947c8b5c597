{# A resource id as bills and metrics spell it alike: the last part of an ARN or a path, in small letters. Most ids are short, and a regular
   expression on each of millions is dear. #}
{% macro resource_key(id) %}
case
    when contains({{ id }}, '/') or contains({{ id }}, ':') then lower(regexp_extract({{ id }}, '([^/:]+)$', 1))
    else lower({{ id }})
end
{% endmacro %}
