{% macro bad_share_over(minutes) %}
{# Bad events over all events of the last `minutes` minutes, for rows of five minutes; NULL without events. #}
sum(total - good) over (
    partition by service, sli order by bucket_start range between interval {{ minutes - 5 }} minutes preceding and current row
) / nullif(sum(total) over (
    partition by service, sli order by bucket_start range between interval {{ minutes - 5 }} minutes preceding and current row
), 0)
{% endmacro %}
