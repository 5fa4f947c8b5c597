-- One row a charge as delivered, with its place among equal rows. Rows of one file that are equal to the last column are all real;
-- the same rows in another file of the same source are the same charges delivered again.
with charges as (
    select * from {{ ref('stg_billing__charges') }}
),

numbered as (
    select
        *,
        row_number() over (partition by source, row_fingerprint, source_uri order by source_row) as occurrence
    from charges
)

select
    *,
    row_number() over (partition by source, row_fingerprint, occurrence order by source_uri) as delivery
from numbered
