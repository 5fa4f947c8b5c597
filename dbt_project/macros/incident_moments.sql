-- noqa: disable=LT02,LT05
{# Times as people write them. `moment_pattern` finds one (RE2, lower case); `stated_moment` finds one after an anchor, with its zone;
   `moment_at` turns what was found into a UTC timestamp, or NULL where it cannot be told without guessing. #}
{% macro moment_pattern() -%}
{%- set clock = '(?:[01]?\\d|2[0-3])[:h][0-5]\\d(?::[0-5]\\d)?(?: ?[ap]m\\b)?|(?:1[0-2]|0?[1-9]) ?[ap]m\\b' -%}
{%- set month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*' -%}
{%- set ordinal = '(?:st|nd|rd|th)?' -%}
{%- set amount = '(?:\\d+(?:\\.\\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|half an)' -%}
{%- set unit = '(?:m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|weeks?)' -%}
(?:\d{4}-\d{2}-\d{2}(?:(?:t| at |, |,| )(?:{{ clock }}))?|(?:\d{1,2}{{ ordinal }} {{ month }}|{{ month }} \d{1,2}{{ ordinal }}\b)(?:,? (?:at |around )?(?:{{ clock }}))?|(?:yesterday|today|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)(?:,? (?:at |around |~)?(?:{{ clock }}))|{{ clock }}|{{ amount }} ?{{ unit }}\b(?: ago| now| already)?)
{%- endmacro %}

{% macro moment_zone_pattern() -%}
(?:\.\d+)? ?\(?(z|utc|gmt|cet|cest|bst|est|edt|et|pst|pdt|pt|ist|jst|[+-]\d{2}:?\d{2})\b
{%- endmacro %}

{% macro stated_moment(sentence, anchor) -%}
{%- set small = '(?:at|around|about|approx\\w*|roughly|since|from|on|was|is|by|utc|just|the|last|past|for|circa|time|it|this|them|some|early|late)' -%}
{%- set gap = '(?:\\W{0,3}(?:' ~ small ~ '\\b\\W{0,3}){0,5}|(?: [\\w./:@=%°-]+){1,4}? (?:at|around|about|by|since|@) ?~?)' -%}
regexp_extract(
    {{ sentence }},
    '\b(' || {{ anchor }} || ')' || '{{ gap }}' || '(' || '{{ moment_pattern() | trim }}' || ')' || '(?:' || '{{ moment_zone_pattern() | trim }}' || ')?',
    ['anchor', 'moment', 'zone']
)
{%- endmacro %}

{% macro zone_name(zone) -%}
case
    when {{ zone }} in ('z', 'utc', 'gmt') then 'UTC'
    when {{ zone }} in ('cet', 'cest') then 'Europe/Berlin'
    when {{ zone }} = 'bst' then 'Europe/London'
    when {{ zone }} in ('et', 'est', 'edt') then 'America/New_York'
    when {{ zone }} in ('pt', 'pst', 'pdt') then 'America/Los_Angeles'
    when {{ zone }} = 'ist' then 'Asia/Kolkata'
    when {{ zone }} = 'jst' then 'Asia/Tokyo'
end
{%- endmacro %}
