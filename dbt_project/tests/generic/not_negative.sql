{% test not_negative(model, column_name) %}
{# A length, a count or a price: zero or more, or unknown. #}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < 0
{% endtest %}
