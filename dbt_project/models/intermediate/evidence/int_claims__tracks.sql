-- One row a claim of the tracks, judged: a claim whose sources are silent is unknown, whatever the marts hold.
with drafts as (
    {% for track in ['cost', 'lies', 'gpu', 'reliability', 'slo', 'scope'] %}
        select * from {{ ref('int_claims__' ~ track) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ judged_claims('drafts') }}
