-- One row a source: whether every input file was taken.
with refused as (
    select
        source,
        count(*) as files,
        min(uri || ': ' || reason) as first_refusal
    from {{ source('lake', 'rejections') }}
    group by source
)

select
    sources.source,
    sources.source as subject,
    refused.files is null as ok,
    cast(null as double) as console_value,
    cast(coalesce(refused.files, 0) as double) as true_value,
    'files refused' as unit,
    cast(null as double) as cost_at_stake,
    coalesce(refused.files || ' refused, first ' || refused.first_refusal, 'every file was taken') as detail
from {{ ref('stg_declared__sources') }} as sources
left join refused
    on sources.source = refused.source
