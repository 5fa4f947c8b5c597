{# Whether a map of labels meets one entry of a Kubernetes selector's matchExpressions (JSON): In, NotIn, Exists, DoesNotExist.
   As in the API, NotIn is met by a label that is not there; an operator of no known name is not met. #}
{% macro label_requirement_met(labels, requirement) -%}
    {% set key = "json_extract_string(" ~ requirement ~ ", '$.key')" -%}
    {% set allowed = "coalesce(try_cast(json_extract(" ~ requirement ~ ", '$.values') as varchar[]), [])" -%}
    case json_extract_string({{ requirement }}, '$.operator')
    when 'In' then coalesce(list_contains({{ allowed }}, {{ labels }}[{{ key }}]), false)
    when 'NotIn' then not coalesce(list_contains({{ allowed }}, {{ labels }}[{{ key }}]), false)
    when 'Exists' then list_contains(map_keys({{ labels }}), {{ key }})
    when 'DoesNotExist' then not list_contains(map_keys({{ labels }}), {{ key }})
    else false
end
{%- endmacro %}
