{% test unique_combination(model, columns) %}
{# The grain: no two rows share these columns. #}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
group by all
having count(*) > 1
{% endtest %}
