-- One row a charge that is no GPU spend: CPU nodes, storage, network, model APIs, support.
-- A view: these are most charges of a bill, and few audits ask for any of them.
{{ config(materialized='view') }}

select
    charges.source,
    charges.source_uri,
    charges.source_row,
    cast(charges.charge_period_start as date) as day,
    charges.provider,
    charges.tags,
    charges.effective_cost,
    -- units as bills write them: Tokens, 1K tokens, 1M tokens
    case
        when not contains(lower(charges.consumed_unit), 'token') then null
        when regexp_matches(lower(charges.consumed_unit), '(1000|1k|thousand)\b') then charges.consumed_quantity * 1e3
        when regexp_matches(lower(charges.consumed_unit), '(1000000|1m|million)\b') then charges.consumed_quantity * 1e6
        else charges.consumed_quantity
    end as tokens
from {{ ref('int_billing__classified_charges') }} as charges
anti join {{ ref('int_billing__gpu_charges') }} as gpu_charges
    on
        charges.source = gpu_charges.source
        and charges.source_uri = gpu_charges.source_uri
        and charges.source_row = gpu_charges.source_row
