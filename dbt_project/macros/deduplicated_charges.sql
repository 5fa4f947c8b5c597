-- noqa: disable=LT02
{# One row a charge: what was delivered twice counts once, and comes from the file whose name sorts first. Amounts in a currency with a
   declared rate for the day are in the audit's; exchange_rate and original_currency say so. Of `resources` (source, resource_id) only, or all. #}
{% macro deduplicated_charges(resources=none) %}
-- of a file that delivered nothing again no row has to be compared
with charges as (
    select charges.*
    from {{ ref('stg_billing__charges') }} as charges
    {% if resources -%}
        semi join {{ resources }} as resources
            on charges.source = resources.source and charges.resource_id is not distinct from resources.resource_id
    {%- endif %}
    anti join {{ ref('int_billing__redelivered_charges') }} as redelivered
        on charges.source = redelivered.source and charges.source_uri = redelivered.source_uri
    union all
    select charges.*
    from {{ ref('stg_billing__charges') }} as charges
    {% if resources -%}
        semi join {{ resources }} as resources
            on charges.source = resources.source and charges.resource_id is not distinct from resources.resource_id
    {%- endif %}
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
        {% for amount in ['list_cost', 'contracted_cost', 'billed_cost', 'effective_cost'] -%}
            case when rates.rate is null then charges.{{ amount }} else (charges.{{ amount }} * rates.rate)::decimal(28, 10) end
                as {{ amount }},
        {% endfor -%}
        case when rates.rate is null then charges.billing_currency else audit.currency end as billing_currency
    ),
    rates.rate as exchange_rate,
    charges.billing_currency as original_currency,
    charges.charge_period_start::date as day,
    {{ resource_key('charges.resource_id') }} as resource_key
from charges
cross join {{ ref('stg_declared__audit') }} as audit
left join {{ ref('int_billing__exchange_rates') }} as rates
    on
        charges.billing_currency = rates.currency
        and charges.charge_period_start::date >= rates.valid_from
        and charges.charge_period_start::date < rates.valid_until
{% endmacro %}
