-- One row a source, table and day that was extracted, with what it was made from and why it has no rows; a declared source that was
-- never extracted has one row with the table '(none)'.
with groups as (
    select
        source,
        source_group
    from {{ ref('stg_declared__sources') }}
    union all
    select
        'declared' as source,
        'declared' as source_group
),

refused as (
    select
        source,
        string_agg(distinct reason, '; ' order by reason) as reasons
    from {{ source('lake', 'rejections') }}
    group by source
),

extracted as (
    select
        manifests.source,
        groups.source_group,
        manifests.table_name,
        manifests.day,
        manifests.rows_in,
        manifests.rows_loaded,
        manifests.rows_quarantined,
        manifests.bytes,
        manifests.sha256,
        manifests.input_digest,
        manifests.uris,
        manifests.extracted_at at time zone 'UTC' as extracted_at,
        manifests.gap_reason
    from {{ source('lake', 'day_manifests') }} as manifests
    inner join groups
        on manifests.source = groups.source
),

-- Declared and never extracted: silent, which is not the same as empty.
silent as (
    select
        groups.source,
        groups.source_group,
        '(none)' as table_name,
        audit.window_end as day,
        0 as rows_in,
        0 as rows_loaded,
        0 as rows_quarantined,
        0 as bytes,
        cast(null as varchar) as sha256,
        cast(null as varchar) as input_digest,
        cast([] as varchar[]) as uris,
        cast(null as timestamp) as extracted_at,
        'never extracted' as gap_reason
    from groups
    cross join {{ ref('stg_declared__audit') }} as audit
    where
        groups.source_group <> 'declared'
        and not exists (select 1 from extracted where extracted.source = groups.source)
),

listed as (
    select * from extracted
    union all
    select * from silent
)

select
    listed.source,
    listed.source_group,
    listed.table_name,
    listed.day,
    listed.rows_in,
    listed.rows_loaded,
    listed.rows_quarantined,
    listed.bytes,
    listed.sha256,
    listed.input_digest,
    listed.uris,
    listed.extracted_at,
    case
        when listed.rows_loaded > 0 then null
        else concat_ws('; refused: ', coalesce(listed.gap_reason, 'no reason is recorded'), refused.reasons)
    end as gap_reason
from listed
left join refused
    on listed.source = refused.source
