-- One row a billing source and currency: amounts in another currency than the audit's are in no sum, because no rate is declared.
select
    charges.source,
    charges.source || ' ' || coalesce(charges.billing_currency, 'without a currency') as subject,
    coalesce(charges.billing_currency = any_value(audit.currency), false) as ok,
    cast(sum(charges.effective_cost) as double) as console_value,
    cast(null as double) as true_value,
    coalesce(charges.billing_currency, 'unknown currency') as unit,
    cast(null as double) as cost_at_stake,
    count(*)
    || ' charges in '
    || coalesce(charges.billing_currency, 'no currency')
    || '; the audit counts '
    || any_value(audit.currency) as detail
from {{ ref('int_billing__charges_deduplicated') }} as charges
cross join {{ ref('stg_declared__audit') }} as audit
group by charges.source, charges.billing_currency
