-- One row a pod template and meaning (gpu_type, zone, spot): the node labels that hold its pods to one GPU type or zone, or let them land
-- on spot capacity. For spot a toleration of the taint counts too, unless a label asks for capacity that stays.
with selected as (
    select
        source,
        source_uri,
        role,
        unnest(map_entries(node_selector)) as label,
        false as is_toleration
    from {{ ref('stg_manifests__pod_templates') }}
),

tolerated as (
    select
        source,
        source_uri,
        role,
        unnest(try_cast(tolerations as json[])) as toleration
    from {{ ref('stg_manifests__pod_templates') }}
    where tolerations is not null
),

named as (
    select
        source,
        source_uri,
        role,
        label['key'] as label_key,
        label['value'] as label_value,
        is_toleration
    from selected
    union all
    select
        source,
        source_uri,
        role,
        json_extract_string(toleration, '$.key') as label_key,
        -- `operator: Exists` tolerates the taint whatever its value
        if(
            json_extract_string(toleration, '$.operator') = 'Exists', 'spot', coalesce(json_extract_string(toleration, '$.value'), '')
        ) as label_value,
        true as is_toleration
    from tolerated
    where json_extract_string(toleration, '$.key') is not null
),

meant as (
    select
        named.source,
        named.source_uri,
        named.role,
        meanings.meaning,
        named.is_toleration,
        regexp_matches(named.label_value, meanings.value_pattern) as holds,
        named.label_key || '=' || named.label_value as label_text
    from named
    inner join {{ ref('node_label_meanings') }} as meanings
        on regexp_matches(named.label_key, meanings.key_pattern)
    where not named.is_toleration or meanings.meaning = 'spot'
)

select
    source,
    source_uri,
    role,
    meaning,
    string_agg(distinct label_text, ', ' order by label_text) filter (where holds) as labels,
    coalesce(bool_and(is_toleration) filter (where holds), false) as by_toleration_only
from meant
group by all
having bool_or(holds) and not (meaning = 'spot' and bool_or(not holds and not is_toleration))
