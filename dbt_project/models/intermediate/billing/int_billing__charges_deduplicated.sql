-- One row a charge: what was delivered twice counts once, and comes from the file whose name sorts first. Amounts in a currency with a
-- declared rate for the day are in the audit's; exchange_rate and original_currency say so.
-- A view: a bill has tens of columns and millions of rows, and most readers want a few of them.
{{ config(materialized='view') }}
{% set amounts = ['list_cost', 'contracted_cost', 'billed_cost', 'effective_cost'] %}

-- of a file that delivered nothing again no row has to be compared
with charges as (
    select charges.*
    from {{ ref('stg_billing__charges') }} as charges
    anti join {{ ref('int_billing__redelivered_charges') }} as redelivered
        on charges.source = redelivered.source and charges.source_uri = redelivered.source_uri
    union all
    select charges.*
    from {{ ref('stg_billing__charges') }} as charges
    semi join {{ ref('int_billing__redelivered_charges') }} as files
        on charges.source = files.source and charges.source_uri = files.source_uri
    anti join {{ ref('int_billing__redelivered_charges') }} as redelivered
        on
            charges.source = redelivered.source
            and charges.source_uri = redelivered.source_uri
            and charges.source_row = redelivered.source_row
            and charges.row_fingerprint = redelivered.row_fingerprint
)

select
    charges.* replace (
        {% for amount in amounts -%}
            case when rates.rate is null then charges.{{ amount }} else (charges.{{ amount }} * rates.rate)::decimal(28, 10) end
                as {{ amount }},
        {% endfor -%}
        case when rates.rate is null then charges.billing_currency else audit.currency end as billing_currency
    ),
    rates.rate as exchange_rate,
    charges.billing_currency as original_currency,
    charges.charge_period_start::date as day,
    -- most ids are short; an expression on each of millions is dear
    case
        when contains(charges.resource_id, '/') or contains(charges.resource_id, ':')
            then lower(regexp_extract(charges.resource_id, '([^/:]+)$', 1))
        else lower(charges.resource_id)
    end as resource_key
from charges
cross join {{ ref('stg_declared__audit') }} as audit
left join {{ ref('int_billing__exchange_rates') }} as rates
    on
        charges.billing_currency = rates.currency
        and charges.charge_period_start::date >= rates.valid_from
        and charges.charge_period_start::date < rates.valid_until
