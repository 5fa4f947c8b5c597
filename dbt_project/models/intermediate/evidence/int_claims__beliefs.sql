-- One row a declared belief: held, contradicted (with both numbers), or untested because its claim has no number.
with beliefs as (
    select
        beliefs.belief_id,
        beliefs.statement,
        beliefs.claim_id as about,
        beliefs.expected,
        beliefs.tolerance,
        claims.claim_id is not null as is_known_claim,
        claims.value,
        claims.value_text,
        claims.unit,
        claims.low,
        claims.high,
        claims.coverage,
        claims.inputs_digest
    from {{ ref('stg_declared__beliefs') }} as beliefs
    left join {{ ref('int_claims__tracks') }} as claims
        on beliefs.claim_id = claims.claim_id
)

select
    'belief.' || belief_id as claim_id,
    'belief' as track,
    about as subject,
    statement,
    value,
    case
        when not is_known_claim then 'untested: no claim is called ' || about
        when value is null then 'untested: ' || coalesce(regexp_replace(value_text, '^unknown: ', ''), about || ' has no number')
        else 'measured ' || value_text || ', believed ' || {{ value_in_words('expected', 'unit') }}
    end as value_text,
    unit,
    low,
    high,
    case
        when value is null then 'untested'
        -- half a billionth for what is lost in doubles
        when abs(value - expected) <= tolerance + 5e-10 then 'measured'
        else 'contradicted'
    end as status,
    case when value is not null then coverage end as coverage,
    'fct_claims' as relation,
    'select value from fct_claims where claim_id = ''' || replace(about, '''', '''''') || '''' as query,
    coalesce(inputs_digest, sha256('')) as inputs_digest
from beliefs
