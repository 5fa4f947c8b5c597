-- One row a claim: everything that a document may say, with its status and the query that gives it again.
with claims as (
    {% for part in ['tracks', 'beliefs', 'roadmap', 'readiness'] %}
        select
            claim_id,
            track,
            subject,
            statement,
            value,
            value_text,
            unit,
            low,
            high,
            status,
            coverage,
            relation,
            query,
            inputs_digest
        from {{ ref('int_claims__' ~ part) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    claims.claim_id,
    claims.track,
    claims.subject,
    claims.statement,
    claims.value,
    claims.value_text,
    claims.unit,
    claims.low,
    claims.high,
    claims.status,
    claims.coverage,
    claims.relation,
    claims.query,
    claims.inputs_digest,
    audit.window_start,
    audit.window_end
from claims
cross join {{ ref('meta_audit') }} as audit
