{# Whether a window that starts in the first quarter of an hour of a day goes on from one that ended in the last quarter of the day before:
   windows are cut at midnight because a day is extracted alone. #}
{% macro continues_after_midnight(started_at, previous_ended_at) -%}
(
    cast({{ started_at }} as date) = cast({{ previous_ended_at }} as date) + 1
    and {{ started_at }} - {{ previous_ended_at }} <= interval 15 minutes
)
{%- endmacro %}
