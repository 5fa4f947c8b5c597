-- noqa: disable=LT02,LT05
{# What stands before a time that says when something happened, one pattern a kind of time. Nothing captures. #}
{% macro incident_anchor(kind) -%}
{%- if kind == 'started' -%}
'(?:ever )?since|start(?:ed|ing|s)?(?: time)?|began|begun|beginning|onset|impact(?:ed)?|kicked off|first (?:seen|errors?|failures?|failed|failing|oom\w*|spikes?|bad \w+)|from|between|(?:been|down|failing|degraded|slow|pending|stuck|throttl\w+|oom\w*|broken|wrong|erroring|dropping|unavailable|unreachable|worse|crash\w*|stale|bad|regress\w*|drifting|corrupt\w*|late|offline|happening|going on) (?:from|for|since|at)|(?:hit|jumped|reached|rose|spiked|climbed|shot up|doubled|filled up|went (?:to|above|over|up|bad)|failed|went down|died|fell over|tripped|fell|dropped|crashed|broke|stopped (?:responding|serving|scheduling|receiving))(?: \w+)?'
{%- elif kind == 'detected' -%}
'(?:first )?(?:detected|noticed|spotted|discovered|observed|alerted)|detection(?: time)?|first report(?:ed)?|alerts? (?:fired|went off|triggered|came in)|paged(?: us| me)?|page (?:fired|came in|went out)'
{%- elif kind == 'acknowledged' -%}
'ack(?:ed|nowledged)?(?: by [\w@-]+)?'
{%- elif kind == 'mitigated' -%}
{{ uncaptured('mitigated') }} || '|' || {{ uncaptured('mitigated_by') }}
{%- elif kind == 'resolved' -%}
{{ uncaptured('resolved') }} || '|end(?:ed)?|over'
{%- endif -%}
{%- endmacro %}
