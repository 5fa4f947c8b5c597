{% test good_within_total(model) %}
{# Good events are some of all events: neither negative nor more than total. #}
select
    service,
    sli,
    day,
    good,
    total
from {{ model }}
where good < 0 or good > total or good is null or total is null
{% endtest %}
