{# Severity of a blast radius: 1 the cluster, 2 a service, 3 a node, 4 a pod or unknown. #}
{% macro blast_radius_severity(blast_radius) -%}
    coalesce(5 - list_position(['one_pod', 'one_node', 'one_service', 'cluster'], {{ blast_radius }}), 4)
{%- endmacro %}
