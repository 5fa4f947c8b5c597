{# Hours that a quantity is, when its unit is a time: '1 Hour', 'Hrs', 'GPU-Seconds', '100 Hours'. Null when it is none. #}
{% macro hours_in(quantity, unit) %}
{{ quantity }} * coalesce(try_cast(nullif(regexp_extract({{ unit }}, '^\s*(\d+)', 1), '') as double), 1.0)
* case
    when regexp_matches({{ unit }}, '(?i)\b(hours?|hrs?|h)\s*$') then 1.0
    when regexp_matches({{ unit }}, '(?i)\b(minutes?|mins?)\s*$') then 1.0 / 60
    when regexp_matches({{ unit }}, '(?i)\b(seconds?|secs?|s)\s*$') then 1.0 / 3600
    when regexp_matches({{ unit }}, '(?i)\bdays?\s*$') then 24.0
end
{% endmacro %}
