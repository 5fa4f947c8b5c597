-- One row a charge: what was delivered twice counts once, and comes from the file whose name sorts first.
-- A view: a bill has tens of columns and millions of rows, and most readers want a few of them.
{{ config(materialized='view') }}

select
    charges.*,
    charges.charge_period_start::date as day,
    lower(regexp_extract(charges.resource_id, '([^/:]+)$', 1)) as resource_key
from {{ ref('stg_billing__charges') }} as charges
anti join {{ ref('int_billing__redelivered_charges') }} as redelivered
    on
        charges.source = redelivered.source
        and charges.source_uri = redelivered.source_uri
        and charges.source_row = redelivered.source_row
        and charges.row_fingerprint = redelivered.row_fingerprint
