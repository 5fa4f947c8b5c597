-- One row a charge: what was delivered twice counts once, and comes from the file whose name sorts first. Amounts in a currency with a
-- declared rate for the day are in the audit's; exchange_rate and original_currency say so.
-- A view: a bill has tens of columns and millions of rows, and most readers want a few of them.
{{ config(materialized='view') }}

{{ deduplicated_charges() }}
