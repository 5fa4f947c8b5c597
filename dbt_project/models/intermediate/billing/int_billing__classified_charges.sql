-- One row a charge in the audit's currency, with the GPUs of its machine and how it was priced.
{{ config(materialized='view') }}

{{ classified_charges(ref('int_billing__charges_deduplicated')) }}
