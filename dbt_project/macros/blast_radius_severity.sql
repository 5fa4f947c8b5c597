{# Severity of a blast radius: 1 the cluster, 2 a service, 3 a node, 4 a pod or unknown. #}
{% macro blast_radius_severity(blast_radius) -%}
case {{ blast_radius }} when 'cluster' then 1 when 'one_service' then 2 when 'one_node' then 3 else 4 end
{%- endmacro %}
