-- Claims whose id follows no family of docs/claims.md.
{{ config(tags=['evidence']) }}
with families as (
    select regexp_replace(replace(family, '.', '\.'), '<[a-z_]+>', '.+', 'g') as pattern
    from {{ ref('claim_families') }}
)

select claims.claim_id
from {{ ref('fct_claims') }} as claims
where not exists (
    select 1
    from families
    where regexp_full_match(claims.claim_id, families.pattern)
)
