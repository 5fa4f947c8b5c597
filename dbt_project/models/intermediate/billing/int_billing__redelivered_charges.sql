-- One row a charge that a file delivered again (source, source_uri, source_row, row_fingerprint). Rows of one file that are equal to the
-- last column are all real; the n-th of them in another file of the source is the same charge; the file whose name sorts first keeps it.
-- Only days that several files deliver, and in them only prints that several files share, are ever numbered: most bills have none.
with shared_days as (
    select
        source,
        day
    from {{ source('lake', 'day_manifests') }}
    where table_name = 'charges' and len(uris) > 1
),

shared_prints as (
    select
        charges.source,
        charges.row_fingerprint
    from {{ ref('stg_billing__charges') }} as charges
    semi join shared_days on charges.source = shared_days.source and charges.charge_period_start::date = shared_days.day
    group by all
    having min(charges.source_uri) <> max(charges.source_uri)
),

numbered as (
    select
        charges.source,
        charges.source_uri,
        charges.source_row,
        charges.row_fingerprint,
        charges.charge_period_start,
        charges.billed_cost,
        charges.effective_cost,
        row_number() over (
            partition by charges.source, charges.row_fingerprint, charges.source_uri order by charges.source_row
        ) as occurrence
    from {{ ref('stg_billing__charges') }} as charges
    semi join shared_prints on charges.source = shared_prints.source and charges.row_fingerprint = shared_prints.row_fingerprint
)

select
    source,
    source_uri,
    source_row,
    row_fingerprint,
    charge_period_start::date as day,
    billed_cost,
    effective_cost
from numbered
qualify row_number() over (partition by source, row_fingerprint, occurrence order by source_uri) > 1
