{% test good_within_total(model) %}
{# Good events are some of all events: neither negative nor more than total. #}
select
    service,
    sli,
    bucket_start,
    good,
    total
from {{ model }}
where good < 0 or good > total or good is null or total is null
{% endtest %}
