{# Claims: the value of a claim and the query that gives it again come from one expression, so they cannot differ. #}

{#
    One draft claim a group of `keys`, or one claim when there are none. `expr` is an aggregate over `relation` (a published mart, so that
    the query runs for analysts too), rounded to 9 decimals because sums of doubles depend on their order. It must be null where nothing
    is known. `subjects` is a relation with the keys of claims that must exist even when the mart has no row for them.
    `claim_id`, `statement` and `subject` are expressions over the keys; the rest may aggregate. `needs` are the source groups without
    which the claim is unknown, `rests_on` the ones that its digest is made of.
#}
{% macro claim_family(
    track, claim_id, statement, relation, expr, keys=[], subjects=none, where='true', subject=none, unit='null', words=false,
    low='null', high='null', coverage='null', status="'measured'", missing="'no data'", needs='[]', rests_on=none
) -%}
    {%- set answer = 'cast(' ~ expr ~ ' as varchar)' if words else 'round(cast(' ~ expr ~ ' as double), 9)' %}
select
    {{ claim_id }} as claim_id,
    '{{ track }}' as track,
    {{ subject or (keys[-1] if keys else "'" ~ track ~ "'") }} as subject,
    {{ statement }} as statement,
    claim_value as value,
    claim_words as words,
    claim_unit as unit,
    claim_low as low,
    claim_high as high,
    claim_status as status,
    claim_coverage as coverage,
    '{{ relation }}' as relation,
    claim_query as query,
    claim_needs as needs,
    claim_rests_on as rests_on,
    claim_missing as missing
from (
    select
        {{ (keys + ['']) | join(', ') }} {{ 'cast(null as double)' if words else answer }} as claim_value,
        {{ answer if words else 'cast(null as varchar)' }} as claim_words,
        cast({{ unit }} as varchar) as claim_unit,
        cast({{ low }} as double) as claim_low,
        cast({{ high }} as double) as claim_high,
        cast({{ status }} as varchar) as claim_status,
        cast({{ coverage }} as double) as claim_coverage,
        cast({{ needs }} as varchar[]) as claim_needs,
        cast({{ rests_on or needs }} as varchar[]) as claim_rests_on,
        cast({{ missing }} as varchar) as claim_missing,
        'select {{ answer | replace("'", "''") }} as value from {{ relation }}{{ '' if where == 'true' else ' where ' ~ where | replace("'", "''") }}'
        {{ of_group(keys, 'where' if where == 'true' else 'and') }} as claim_query
    {%- if subjects %}
    from {{ subjects }}
    left join (select * from {{ ref(relation) }} where {{ where }}) as evidence using ({{ keys | join(', ') }})
    {%- else %}
    from {{ ref(relation) }}
    where {{ where }}
    {%- endif %}
    {% if keys %}group by {{ keys | join(', ') }}{% endif %}
) as family
{%- endmacro %}

{# What a query needs besides, to be about one group of `keys` alone. #}
{% macro of_group(keys, first_word) -%}
    {%- for key in keys %}
        || ' {{ first_word if loop.first else 'and' }} {{ key }} = ''' || replace(cast({{ key }} as varchar), '''', '''''') || ''''
    {%- endfor %}
{%- endmacro %}

{% macro audit_currency() -%}
    coalesce((select max(currency) from {{ ref('meta_audit') }}), 'USD')
{%- endmacro %}

{# A number as people read it: shares in percent, thousands separated, four digits where it is small. #}
{% macro value_in_words(value, unit) -%}
case
    when {{ value }} is null then null
    when {{ unit }} in ('share', 'ratio')
        then printf(case when abs({{ value }}) >= 0.99 and abs({{ value }}) < 1 then '%.2f %%' else '%.1f %%' end, 100 * {{ value }})
    else
        case
            when {{ value }} = round({{ value }}) and abs({{ value }}) < 1e15 and {{ unit }} <> {{ audit_currency() }}
                then format('{:,}', cast({{ value }} as bigint))
            when abs({{ value }}) >= 10 or {{ value }} = 0 then format('{:,.2f}', {{ value }})
            else format('{:.4g}', {{ value }})
        end || coalesce(' ' || if({{ value }} = 1, regexp_replace({{ unit }}, '^([a-z]{3,})s$', '\1'), {{ unit }}), '')
end
{%- endmacro %}

{% macro judged_claims(drafts) -%}
{#
    Draft claims with what their sources allow to say. A claim that needs a silent source group is unknown and its query says so; every
    other unknown is one whose own query gives null.
#}
select
    drafts.claim_id,
    drafts.track,
    drafts.subject,
    drafts.statement,
    case when gap is null then drafts.value end as value,
    case
        when gap is not null then 'unknown: ' || gap
        when drafts.value is null and drafts.words is null then 'unknown: ' || coalesce(drafts.missing, 'no data')
        when drafts.words is not null then drafts.words
        else {{ value_in_words('drafts.value', 'drafts.unit') }}
    end as value_text,
    drafts.unit,
    case when gap is null and drafts.value is not null then drafts.low end as low,
    case when gap is null and drafts.value is not null then drafts.high end as high,
    case when gap is not null or (drafts.value is null and drafts.words is null) then 'unknown' else drafts.status end as status,
    case when gap is null then coalesce(drafts.coverage, list_min(list_transform(drafts.rests_on, lambda name: groups.coverages[name]))) end
        as coverage,
    drafts.relation,
    case when gap is null then drafts.query else 'select cast(null as double) as value /* unknown: ' || replace(gap, '*/', '') || ' */' end
        as query,
    sha256(array_to_string(list_transform(list_sort(drafts.rests_on), lambda name: groups.digests[name]), ',')) as inputs_digest
from {{ drafts }} as drafts
cross join (
    select
        map_from_entries(list({k: source_group, v: gap})) as gaps,
        map_from_entries(list({k: source_group, v: coverage})) as coverages,
        map_from_entries(list({k: source_group, v: digest})) as digests
    from {{ ref('int_evidence__source_groups') }}
) as groups
cross join lateral (
    select nullif(array_to_string(list_filter(list_transform(drafts.needs, lambda name: groups.gaps[name]), lambda found: found is not null), '; '), '') as gap
)
{%- endmacro %}

{% macro everything_digest() -%}
    select sha256(string_agg(digest, ',' order by source_group)) as inputs_digest from {{ ref('int_evidence__source_groups') }}
{%- endmacro %}

{# A double without the digits that depend on the order in which it was summed. #}
{% macro twelve_digits(value) -%}
case
    when {{ value }} is null or {{ value }} = 0 then cast({{ value }} as double)
    else round(cast({{ value }} as double), greatest(0, cast(11 - floor(log10(abs({{ value }}))) as integer)))
end
{%- endmacro %}
