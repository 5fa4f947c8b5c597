-- One row a text, signature and the words that matched. Only conversations that speak of something concrete are matched.
with texts as (
    select
        texts.member_id,
        texts.text_id,
        texts.place,
        texts.said_at,
        lower(texts.text) as text
    from {{ ref('int_incidents__texts') }} as texts
    inner join {{ ref('int_incidents__conversations') }} as conversations
        on texts.member_id = conversations.member_id and conversations.is_worth_reading
)

select
    texts.member_id,
    texts.text_id,
    texts.place,
    texts.said_at,
    signatures.mode,
    signatures.detail,
    signatures.weight,
    regexp_extract(texts.text, signatures.pattern) as words
from texts
inner join {{ ref('incident_signatures') }} as signatures on regexp_matches(texts.text, signatures.pattern)
