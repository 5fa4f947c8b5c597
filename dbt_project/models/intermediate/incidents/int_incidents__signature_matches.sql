-- One row a text, signature and the words that matched. Only conversations that speak of something concrete are matched. The seed's
-- patterns stand in the query as constants: DuckDB compiles a constant pattern once, and one that comes from a table anew for every
-- row (100 times slower). Where the seed is not in the warehouse yet, they are joined.
{%- set patterns = seeded_patterns(ref('incident_signatures')).split('\n') | select | list %}
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
),

matched as (
    {% if patterns %}
        select
            *,
            unnest(list_filter([
                {%- for pattern in patterns %}
                case when regexp_matches(text, '{{ pattern | replace("'", "''") }}') then '{{ pattern | replace("'", "''") }}' end
                {{- ',' if not loop.last }}
                {%- endfor %}
            ], lambda pattern: pattern is not null)) as pattern
        from texts
    {% else %}
        select
            texts.*,
            signatures.pattern
        from texts
        inner join {{ ref('incident_signatures') }} as signatures on regexp_matches(texts.text, signatures.pattern)
    {% endif %}
),

codes as (
    select
        *,
        unnest(list_distinct(regexp_extract_all(text, '\bxid\b(?: ?\(pci:[^)]*\))?\D{0,25}(\d{1,3})\b', 1))) as code
    from texts
    union all
    select
        *,
        unnest(list_distinct(regexp_extract_all(text, 'dcgm_fr_[a-z_]+'))) as code
    from texts
),

known_codes as (
    select
        cast(xid as varchar) as code,
        'xid ' || xid as words,
        mode,
        detail,
        weight
    from {{ ref('xid_codes') }}
    union all
    select
        code,
        code as words,
        mode,
        detail,
        weight
    from {{ ref('dcgm_health') }}
)

select
    matched.member_id,
    matched.text_id,
    matched.place,
    matched.said_at,
    signatures.mode,
    signatures.detail,
    signatures.weight,
    trim(regexp_extract(matched.text, signatures.pattern)) as words
from matched
inner join {{ ref('incident_signatures') }} as signatures on matched.pattern = signatures.pattern
union all
select
    codes.member_id,
    codes.text_id,
    codes.place,
    codes.said_at,
    known_codes.mode,
    known_codes.detail,
    known_codes.weight,
    known_codes.words
from codes
inner join known_codes on codes.code = known_codes.code
