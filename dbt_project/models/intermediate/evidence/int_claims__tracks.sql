-- One row a claim of the tracks, judged: a claim whose sources are silent is unknown, whatever the marts hold.
with drafts as (
    {% for track in ['cost', 'lies', 'gpu', 'reliability', 'slo', 'scope'] %}
        select
            claim_id,
            track,
            subject,
            statement,
            value,
            words,
            unit,
            low,
            high,
            status,
            coverage,
            relation,
            query,
            needs,
            rests_on,
            missing
        from {{ ref('int_claims__' ~ track) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ judged_claims('drafts') }}
