-- One row a billing source and currency: amounts in another currency than the audit's are converted with the declared rate, or in no sum.
select
    charges.source,
    charges.source || ' ' || coalesce(charges.original_currency, 'without a currency') as subject,
    coalesce(charges.original_currency = any_value(audit.currency), false) as ok,
    cast(sum(charges.effective_cost / coalesce(charges.exchange_rate, 1)) as double) as console_value,
    cast(sum(charges.effective_cost) filter (where charges.exchange_rate is not null) as double) as true_value,
    coalesce(charges.original_currency, 'unknown currency') as unit,
    cast(sum(abs(charges.effective_cost)) filter (where charges.exchange_rate is not null) as double) as cost_at_stake,
    count(*)
    || ' charges in '
    || coalesce(charges.original_currency, 'no currency')
    || '; the audit counts '
    || any_value(audit.currency)
    || case
        when count(charges.exchange_rate) > 0
            then
                '; '
                || count(charges.exchange_rate)
                || ' are converted with the declared rate '
                || array_to_string(list_sort(list(distinct charges.exchange_rate) filter (where charges.exchange_rate is not null)), ', ')
        else ''
    end as detail
from {{ ref('int_billing__charges_deduplicated') }} as charges
cross join {{ ref('stg_declared__audit') }} as audit
group by charges.source, charges.original_currency
