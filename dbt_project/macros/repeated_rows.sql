-- Values of `columns` that more than one row has.
{% macro repeated_rows(relation, columns) -%}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ relation }}
group by all
having count(*) > 1
{%- endmacro %}
